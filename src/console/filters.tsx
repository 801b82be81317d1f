import { type ReactNode, useState } from 'react'
import { setParams, usePlace } from './navigation'
import { Field } from './ui'

/** A list's filters: side by side where there is room, folded on a phone. */
export function Filters({ label, children }: { label: string; children: ReactNode }) {
  const [open, setOpen] = useState(() => matchMedia('(min-width: 641px)').matches)
  return (
    <details className="filters-fold" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Filters</summary>
      <search className="filters" aria-label={label}>
        {children}
      </search>
    </details>
  )
}

/** A filter kept in the page's address; typed text counts when the field is left or Enter is pressed. */
export function TextFilter({
  name,
  label,
  type = 'search',
  placeholder,
}: {
  name: string
  label: string
  type?: string
  placeholder?: string
}) {
  const value = usePlace().params.get(name) ?? ''
  const set = (text: string) => text.trim() !== value && setParams({ [name]: text.trim() })
  return (
    <Field label={label}>
      <input
        key={value}
        type={type}
        defaultValue={value}
        placeholder={placeholder}
        onBlur={(event) => set(event.target.value)}
        onKeyDown={(event) => event.key === 'Enter' && set(event.currentTarget.value)}
      />
    </Field>
  )
}

export function ChoiceFilter({
  name,
  label,
  options,
}: {
  name: string
  label: string
  options: [value: string, title: string][]
}) {
  const value = usePlace().params.get(name) ?? ''
  return (
    <Field label={label}>
      <select value={value} onChange={(event) => setParams({ [name]: event.target.value })}>
        {options.map(([value, title]) => (
          <option key={value} value={value}>
            {title}
          </option>
        ))}
      </select>
    </Field>
  )
}

export const DIRECTIONS: [string, string][] = [
  ['', 'Both'],
  ['inbound', 'Incoming'],
  ['outbound', 'Outgoing'],
]

/** What a list's filters are set to, by name. */
export function useFilters<N extends string>(
  names: readonly N[],
): { values: Record<N, string>; filtered: boolean; clear: () => void } {
  const { params } = usePlace()
  const values = Object.fromEntries(names.map((name) => [name, params.get(name) ?? ''])) as Record<N, string>
  return {
    values,
    filtered: names.some((name) => values[name] !== ''),
    clear: () => setParams(Object.fromEntries(names.map((name) => [name, '']))),
  }
}

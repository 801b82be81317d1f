import { type ReactNode, useEffect, useRef, useState } from 'react'
import { here, setParams, usePlace } from './navigation'
import { Field } from './ui'

/** A list's filters: in a row, or folded on a phone. */
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

interface TextFilterProps {
  name: string
  label: string
  type?: string
  placeholder?: string
  wide?: boolean
}

/** Typed text is applied after this pause (ms), or immediately on Enter or when the field loses focus. */
const PAUSE_MS = 350

/** A filter stored in the address. The field remains while the list changes, so it keeps the focus. */
export function TextFilter({ name, label, type = 'search', placeholder, wide }: TextFilterProps) {
  const value = usePlace().params.get(name) ?? ''
  const input = useRef<HTMLInputElement>(null)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const set = (text: string, replace: boolean) => {
    clearTimeout(timer.current)
    setFilter(name, text.trim(), replace)
  }
  useEffect(() => {
    const field = input.current
    if (field && field.value.trim() !== value) field.value = value
  }, [value])
  useEffect(() => () => clearTimeout(timer.current), [])
  return (
    <Field label={label} wide={wide}>
      <input
        ref={input}
        type={type}
        defaultValue={value}
        placeholder={placeholder}
        onChange={({ target }) => {
          clearTimeout(timer.current)
          timer.current = setTimeout(() => set(target.value, value !== ''), PAUSE_MS)
        }}
        onBlur={(event) => set(event.target.value, true)}
        onKeyDown={(event) => event.key === 'Enter' && set(event.currentTarget.value, false)}
      />
    </Field>
  )
}

/** A filter resets the list: its position and open item belong to the previous list. */
const setFilter = (name: string, value: string, replace = false) =>
  here().params.get(name) !== (value || null) && setParams({ [name]: value, cursor: '' }, replace)

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
      <select value={value} onChange={(event) => setFilter(name, event.target.value)}>
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

/** The values of a list's filters, by name. */
export function useFilters<N extends string>(
  names: readonly N[],
): { values: Record<N, string>; filtered: boolean; clear: () => void } {
  const { params } = usePlace()
  const values = Object.fromEntries(names.map((name) => [name, params.get(name) ?? ''])) as Record<N, string>
  return {
    values,
    filtered: names.some((name) => values[name] !== ''),
    clear: () => setParams({ ...Object.fromEntries(names.map((name) => [name, ''])), cursor: '' }),
  }
}

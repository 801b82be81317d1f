import { type ReactNode, useState } from 'react'

export interface Column<T> {
  id: string
  title: string
  cell: (row: T) => ReactNode
  /** Values of `sort` in the address for both directions. The default is the order without `sort`. */
  sort?: { ascending: string; descending: string; isDefault?: boolean }
  /** Aligned right. */
  number?: boolean
  nowrap?: boolean
  /** Not shown on a phone. */
  wide?: boolean
  /** Shown on its own line on a phone. */
  full?: boolean
  /** Hidden unless chosen. */
  optional?: boolean
  /** Always shown. */
  fixed?: boolean
  /** Its title is only for screen readers. */
  hideTitle?: boolean
}

const stored = (name: string): Record<string, boolean> => {
  try {
    return JSON.parse(localStorage.getItem(`cti-console-columns:${name}`) ?? '{}')
  } catch {
    return {}
  }
}

/** The chosen columns of a table, stored in this browser, and the menu to choose them. */
export function useColumns<T>(name: string, all: Column<T>[]): { columns: Column<T>[]; menu: ReactNode } {
  const [chosen, setChosen] = useState(() => stored(name))
  const isShown = ({ id, fixed, optional }: Column<T>) => fixed || (chosen[id] ?? !optional)
  function choose(id: string, shown: boolean) {
    const next = { ...chosen, [id]: shown }
    localStorage.setItem(`cti-console-columns:${name}`, JSON.stringify(next))
    setChosen(next)
  }
  const menu = (
    <details className="menu" onKeyDown={closeOnEscape} onBlur={closeOnLeave}>
      <summary className="button">Columns</summary>
      <fieldset>
        <legend className="hidden">Columns of the table</legend>
        {all
          .filter(({ fixed }) => !fixed)
          .map((column) => (
            <label className="check" key={column.id}>
              <input
                type="checkbox"
                checked={isShown(column)}
                onChange={(event) => choose(column.id, event.target.checked)}
              />
              {column.title}
            </label>
          ))}
      </fieldset>
    </details>
  )
  return { columns: all.filter(isShown), menu }
}

export function closeOnEscape(event: React.KeyboardEvent<HTMLDetailsElement>): void {
  if (event.key !== 'Escape' || !event.currentTarget.open) return
  event.stopPropagation()
  event.currentTarget.open = false
  event.currentTarget.querySelector('summary')?.focus()
}

export function closeOnLeave(event: React.FocusEvent<HTMLDetailsElement>): void {
  if (!event.currentTarget.contains(event.relatedTarget)) event.currentTarget.open = false
}

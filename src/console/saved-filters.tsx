import { type FormEvent, useState } from 'react'
import { closeOnEscape, closeOnLeave } from './columns'
import { go, here, Link, usePlace } from './navigation'
import { toast } from './toasts'
import { Button } from './ui'

interface SavedFilter {
  name: string
  /** The query of the address, without the app and the position in the list. */
  search: string
}

const stored = (page: string): SavedFilter[] => {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(`cti-console-filters:${page}`) ?? '[]')
    return Array.isArray(found) ? found : []
  } catch {
    return []
  }
}

const NOT_SAVED = ['app', 'cursor', 'open']

function searchOf(params: URLSearchParams): string {
  const kept = new URLSearchParams(params)
  for (const name of NOT_SAVED) kept.delete(name)
  return kept.toString()
}

/** Named filters, stored in this browser. */
export function SavedFilters({ page }: { page: string }) {
  const { params } = usePlace()
  const [saved, setSaved] = useState(() => stored(page))
  const current = searchOf(params)
  function keep(next: SavedFilter[]) {
    localStorage.setItem(`cti-console-filters:${page}`, JSON.stringify(next))
    setSaved(next)
  }
  function save(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const form = event.currentTarget
    const name = String(new FormData(form).get('name')).trim()
    if (!name) return
    keep([...saved.filter((one) => one.name !== name), { name, search: searchOf(here().params) }])
    form.reset()
    toast(`Saved “${name}”`)
  }
  function remove(removed: SavedFilter) {
    keep(saved.filter((one) => one !== removed))
    toast(`Removed “${removed.name}”`, { undo: () => keep(saved) })
  }
  return (
    <details className="menu" onKeyDown={closeOnEscape} onBlur={closeOnLeave}>
      <summary className="button">Saved filters</summary>
      <div>
        {saved.length === 0 && <p className="muted small">Set filters, then give them a name here.</p>}
        {saved.map((one) => (
          <div className="menu-row" key={one.name}>
            <Link
              to={`${page}?${one.search}`}
              aria-current={one.search === current ? 'true' : undefined}
              onClick={(event) => {
                event.preventDefault()
                event.currentTarget.closest('details')?.removeAttribute('open')
                go(`${page}?${one.search}`)
              }}
            >
              {one.name}
            </Link>
            <Button small kind="plain" label={`Remove ${one.name}`} onClick={() => remove(one)}>
              ×
            </Button>
          </div>
        ))}
        {current !== '' && (
          <form className="menu-row" onSubmit={save}>
            <input name="name" aria-label="Name for these filters" placeholder="Name" maxLength={60} required />
            <Button small type="submit">
              Save
            </Button>
          </form>
        )}
      </div>
    </details>
  )
}

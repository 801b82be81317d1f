import { type AnchorHTMLAttributes, type MouseEvent, useSyncExternalStore } from 'react'

const BASE = '/console'
const listeners = new Set<() => void>()
const changed = () => {
  for (const listener of [...listeners]) listener()
}
addEventListener('popstate', changed)

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export interface Place {
  /** Below `/console`, without slashes at the ends: `calls/01J…`. */
  path: string
  params: URLSearchParams
}

let cached: { href: string; place: Place } | null = null
function here(): Place {
  const href = location.pathname + location.search
  if (cached?.href !== href) {
    const path = location.pathname.slice(BASE.length).replace(/^\/+|\/+$/g, '')
    cached = { href, place: { path, params: new URLSearchParams(location.search) } }
  }
  return cached.place
}

export const usePlace = (): Place => useSyncExternalStore(subscribe, here)

/** @param to a path below `/console`, with its query. */
function go(to: string, replace = false): void {
  const url = `${BASE}/${to}`
  if (replace) history.replaceState(null, '', url)
  else {
    history.pushState(null, '', url)
    scrollTo(0, 0)
  }
  changed()
}

/** Changes the query of the page that is shown; empty values leave it. */
export function setParams(values: Record<string, string>): void {
  const { path, params } = here()
  const next = new URLSearchParams(params)
  for (const [name, value] of Object.entries(values))
    if (value === '') next.delete(name)
    else next.set(name, value)
  go(path + (next.size > 0 ? `?${next}` : ''), true)
}

export function Link({ to, ...rest }: { to: string } & AnchorHTMLAttributes<HTMLAnchorElement>) {
  const onClick = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return
    event.preventDefault()
    go(to)
  }
  return <a href={`${BASE}/${to}`} onClick={onClick} {...rest} />
}

import { Suspense, useEffect, useRef, useState } from 'react'
import { isOpen } from '../lib/call-status'
import { CallAnnouncer } from './announcer'
import { useApps } from './apps'
import { Banners } from './banners'
import { BrandIcon } from './icons'
import { Link, usePlace } from './navigation'
import { PageBoundary } from './page-boundary'
import { PAGES, RECORD_PAGES, SECTIONS } from './pages'
import { logout, session } from './session.tsx'
import { ShortcutList, useShortcuts } from './shortcuts'
import { ThemeSwitch } from './theme'
import { Toasts } from './toasts'
import { useLiveCalls, useLiveState, WithLive } from './tracker'
import { Button, Chip, Empty, Loading } from './ui'

/** The frame of every page: navigation, banners, toasts, shortcuts. */
export function Shell() {
  const { path } = usePlace()
  const { app } = useApps()
  const [first = '', second] = path.split('/')
  const record = second ? RECORD_PAGES[first] : undefined
  const Page = record?.page ?? PAGES.find((page) => page.path === path)?.page
  const [listing, setListing] = useState(false)
  useShortcuts(() => setListing(true))
  useFocusOnPage(path)
  return (
    <WithLive appId={app?.app_id ?? null}>
      <a className="skip" href="#main">
        Skip to the page
      </a>
      <div className="frame">
        <Side current={record?.under ?? first} onShortcuts={() => setListing(true)} />
        <main id="main" tabIndex={-1}>
          <Banners />
          <PageBoundary key={`${app?.app_id} ${path}`}>
            <Suspense fallback={<Loading />}>
              {Page ? (
                <Page session={session} />
              ) : (
                <Empty title="This page does not exist" actions={<Link to="">Go to the first page</Link>} />
              )}
            </Suspense>
          </PageBoundary>
        </main>
      </div>
      <CallAnnouncer />
      <Toasts />
      {listing && <ShortcutList onClose={() => setListing(false)} />}
    </WithLive>
  )
}

/** Moves the focus to the top after navigation, for keyboards and screen readers. */
function useFocusOnPage(path: string): void {
  const before = useRef(path)
  useEffect(() => {
    if (before.current === path) return
    before.current = path
    document.getElementById('main')?.focus({ preventScroll: true })
  }, [path])
}

/** The navigation: beside the page, or behind a button on small screens. */
function Side({ current, onShortcuts }: { current: string; onShortcuts: () => void }) {
  const { path } = usePlace()
  const [open, setOpen] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  // Navigation closes the menu.
  useEffect(() => setOpen(false), [path])
  useEffect(() => {
    if (!open) return
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return
      setOpen(false)
      button.current?.focus()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [open])
  return (
    <>
      <header className="topbar">
        <Brand />
        <button
          ref={button}
          type="button"
          className="button"
          aria-expanded={open}
          aria-controls="side"
          onClick={() => setOpen(!open)}
        >
          Menu
        </button>
      </header>
      <aside className="side" id="side" aria-label="Sidebar" data-open={open}>
        <Brand />
        <AppSwitch />
        <Navigation current={current} />
        <div className="side-end">
          <div className="row">
            <Chip tone={session.sandbox ? 'info' : 'plain'}>{session.environment}</Chip>
            <span className="small muted">v{session.version}</span>
          </div>
          <ThemeSwitch />
          <Button kind="plain" onClick={onShortcuts}>
            Shortcuts <kbd>?</kbd>
          </Button>
          <Button kind="plain" onClick={() => void logout()}>
            Log out
          </Button>
        </div>
      </aside>
    </>
  )
}

const Brand = () => (
  <span className="brand">
    <BrandIcon /> CTI server
  </span>
)

function AppSwitch() {
  const { apps, app, choose } = useApps()
  if (!app) return null
  return (
    <label className="app-switch">
      App
      <select value={app.app_id} onChange={(event) => choose(event.target.value)}>
        {apps.map(({ app_id, app_name, active }) => (
          <option key={app_id} value={app_id}>
            {app_name}
            {active ? '' : ' (inactive)'}
          </option>
        ))}
      </select>
    </label>
  )
}

function Navigation({ current }: { current: string }) {
  const state = useLiveState()
  const ongoing = useLiveCalls().filter(({ status }) => isOpen(status)).length
  return (
    <nav aria-label="Console">
      {SECTIONS.map((section) => (
        <div key={section.title}>
          <h2>{section.title}</h2>
          <ul>
            {section.pages.map(({ path, title }) => (
              <li key={path}>
                <Link to={path} aria-current={path === current ? 'page' : undefined}>
                  {title}
                  {path === '' && state !== null && state !== 'live' && <Chip tone="warn">reconnecting</Chip>}
                  {path === '' && state === 'live' && ongoing > 0 && <Chip tone="ok">{ongoing}</Chip>}
                </Link>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  )
}

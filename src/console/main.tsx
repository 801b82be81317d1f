import { type ComponentType, useEffect, useState } from 'react'
import { createRoot } from 'react-dom/client'
import { isOpen } from '../lib/call-status'
import './styles/console.css'
import { useApps, WithApps } from './apps'
import { BrandIcon } from './icons'
import { Link, usePlace } from './navigation'
import { AppsPage } from './pages/apps'
import { CallsPage } from './pages/calls'
import { ConversationPage } from './pages/conversation'
import { CustomersPage } from './pages/customers'
import { DialpadPage } from './pages/dialpad'
import { EventsPage } from './pages/events'
import { LivePage } from './pages/live'
import { MessagesPage } from './pages/messages'
import { SystemPage } from './pages/system'
import { UsersPage } from './pages/users'
import { VoicemailsPage } from './pages/voicemails'
import { type Session, WithSession } from './session.tsx'
import { ThemeSwitch } from './theme'
import { useLiveCalls, useLiveState, WithLive } from './tracker'
import { Button, Chip, Empty } from './ui'

interface PageProps {
  session: Session
}

const SECTIONS: { title: string; pages: { path: string; title: string; page: ComponentType<PageProps> }[] }[] = [
  {
    title: 'Telephony',
    pages: [
      { path: '', title: 'Live', page: LivePage },
      { path: 'calls', title: 'Calls', page: CallsPage },
      { path: 'messages', title: 'Messages', page: MessagesPage },
      { path: 'voicemails', title: 'Voicemails', page: VoicemailsPage },
    ],
  },
  {
    title: 'Directory',
    pages: [
      { path: 'customers', title: 'Customers', page: CustomersPage },
      { path: 'users', title: 'Users', page: UsersPage },
    ],
  },
  {
    title: 'Server',
    pages: [
      { path: 'apps', title: 'Apps and keys', page: AppsPage },
      { path: 'dialpad', title: 'Dialpad', page: DialpadPage },
      { path: 'events', title: 'Events', page: EventsPage },
      { path: 'system', title: 'System', page: SystemPage },
    ],
  },
]
const PAGES = SECTIONS.flatMap(({ pages }) => pages)

function Console({ session, logout }: { session: Session; logout: () => void }) {
  const { path } = usePlace()
  const { app } = useApps()
  const [open, setOpen] = useState(false)
  useEffect(() => setOpen(false), [path])
  const [first = '', second] = path.split('/')
  const Page = first === 'conversations' && second ? ConversationPage : PAGES.find((page) => page.path === first)?.page
  return (
    <WithLive appId={app?.app_id ?? null}>
      <a className="skip" href="#main">
        Skip to the page
      </a>
      <div className="frame">
        <div className="topbar">
          <span className="brand">
            <BrandIcon /> CTI server
          </span>
          <button
            type="button"
            className="button"
            aria-expanded={open}
            aria-controls="side"
            onClick={() => setOpen(!open)}
          >
            Menu
          </button>
        </div>
        <div className="side" id="side" data-open={open}>
          <span className="brand">
            <BrandIcon /> CTI server
          </span>
          <AppSwitch />
          <Navigation current={first === 'conversations' ? 'calls' : first} />
          <div className="side-end">
            <div className="row">
              <Chip tone={session.sandbox ? 'info' : 'plain'}>{session.environment}</Chip>
              <span className="small muted">v{session.version}</span>
            </div>
            <ThemeSwitch />
            <Button kind="plain" onClick={logout}>
              Log out
            </Button>
          </div>
        </div>
        <main id="main" tabIndex={-1}>
          {Page ? (
            <Page key={app?.app_id} session={session} />
          ) : (
            <Empty title="There is no such page" actions={<Link to="">Go to Live</Link>} />
          )}
        </main>
      </div>
    </WithLive>
  )
}

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

createRoot(document.getElementById('root')!).render(
  <WithSession>
    {(session, logout) => (
      <WithApps>
        <Console session={session} logout={logout} />
      </WithApps>
    )}
  </WithSession>,
)

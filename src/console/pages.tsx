import { type ComponentType, type LazyExoticComponent, lazy } from 'react'
import { loadPage } from './page-loader'
import type { Session } from './session.tsx'

interface PageProps {
  session: Session
}

interface PageEntry {
  path: string
  title: string
  page: LazyExoticComponent<ComponentType<PageProps>>
  /** Key that opens the page after `g`. */
  key: string
}

const page = <N extends string>(load: () => Promise<Record<N, ComponentType<PageProps>>>, name: N) =>
  lazy(async () => ({ default: (await loadPage(load))[name] }))

/** The pages of the navigation. Each is loaded when first shown. */
export const SECTIONS: { title: string; pages: PageEntry[] }[] = [
  {
    title: 'Telephony',
    pages: [
      { path: '', title: 'Live', key: 'l', page: page(() => import('./pages/live'), 'LivePage') },
      { path: 'overview', title: 'Overview', key: 'o', page: page(() => import('./pages/overview'), 'OverviewPage') },
      { path: 'calls', title: 'Calls', key: 'c', page: page(() => import('./pages/calls'), 'CallsPage') },
      { path: 'messages', title: 'Messages', key: 'm', page: page(() => import('./pages/messages'), 'MessagesPage') },
      {
        path: 'voicemails',
        title: 'Voicemails',
        key: 'v',
        page: page(() => import('./pages/voicemails'), 'VoicemailsPage'),
      },
    ],
  },
  {
    title: 'Directory',
    pages: [
      {
        path: 'customers',
        title: 'Customers',
        key: 'u',
        page: page(() => import('./pages/customers'), 'CustomersPage'),
      },
      { path: 'users', title: 'Users', key: 'p', page: page(() => import('./pages/users'), 'UsersPage') },
    ],
  },
  {
    title: 'Server',
    pages: [
      { path: 'apps', title: 'Apps and keys', key: 'a', page: page(() => import('./pages/apps'), 'AppsPage') },
      { path: 'dialpad', title: 'Dialpad', key: 'd', page: page(() => import('./pages/dialpad'), 'DialpadPage') },
      {
        path: 'endpoints',
        title: 'Endpoints',
        key: 'w',
        page: page(() => import('./pages/endpoints'), 'EndpointsPage'),
      },
      { path: 'events', title: 'Events', key: 'e', page: page(() => import('./pages/events'), 'EventsPage') },
      { path: 'system', title: 'System', key: 's', page: page(() => import('./pages/system'), 'SystemPage') },
    ],
  },
]
export const PAGES = SECTIONS.flatMap(({ pages }) => pages)

/** Pages of one record, by the first part of their path. `under` is the navigation page they belong to. */
export const RECORD_PAGES: Record<string, { under: string; page: PageEntry['page'] }> = {
  messages: { under: 'messages', page: page(() => import('./pages/thread'), 'ThreadPage') },
  endpoints: { under: 'endpoints', page: page(() => import('./pages/endpoint'), 'EndpointPage') },
  conversations: {
    under: 'calls',
    page: page(() => import('./pages/conversation'), 'ConversationPage'),
  },
}

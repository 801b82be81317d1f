import { QueryClientProvider } from '@tanstack/react-query'
import { createRoot } from 'react-dom/client'
import './styles/console.css'
import { WithApps } from './apps'
import { queryClient } from './queries'
import { WithSession } from './session.tsx'
import { Shell } from './shell'
import { applyTheme } from './theme-choice'

applyTheme()
// biome-ignore lint/style/noNonNullAssertion: the server writes it into the page
createRoot(document.getElementById('root')!).render(
  <QueryClientProvider client={queryClient}>
    <WithSession>
      <WithApps>
        <Shell />
      </WithApps>
    </WithSession>
  </QueryClientProvider>,
)

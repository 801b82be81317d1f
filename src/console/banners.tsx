import { useEffect, useState } from 'react'
import { isOutage, queryClient } from './queries'
import { Notice } from './ui'

/** What an operator must know on every page, above it. */
export const Banners = () => (
  <div className="banners">
    <OutageBanner />
  </div>
)

/** Stands while the server does not answer, instead of an error in every panel. */
function OutageBanner() {
  const [away, setAway] = useState(false)
  useEffect(() => {
    const queries = queryClient.getQueryCache()
    return queries.subscribe(({ type }) => {
      if (type === 'updated') setAway(queries.getAll().some(({ state }) => isOutage(state.error)))
    })
  }, [])
  if (!away) return null
  return (
    <Notice tone="bad">The server cannot be reached. What you see may be old; this page tries again by itself.</Notice>
  )
}

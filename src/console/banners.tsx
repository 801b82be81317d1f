import { useEffect, useState } from 'react'
import { useHealth } from './health'
import { Link } from './navigation'
import { isOutage, queryClient } from './queries'
import { useLiveState } from './tracker'
import { Button, Notice } from './ui'

/** Banners that an operator must see on every page. */
export const Banners = () => (
  <div className="banners">
    <OutageBanner />
    <ClockBanner />
    <HealthBanner />
  </div>
)

/** Shown while the server does not respond, instead of an error in every panel. */
function OutageBanner() {
  const [away, setAway] = useState(false)
  useEffect(() => {
    const queries = queryClient.getQueryCache()
    return queries.subscribe(({ type }) => {
      if (type === 'updated' || type === 'observerRemoved')
        setAway(queries.findAll({ type: 'active' }).some(({ state }) => isOutage(state.error)))
    })
  }, [])
  const isCut = useLiveState() === 'waiting'
  if (!away && !isCut) return null
  return (
    <Notice tone="bad">The server cannot be reached. This page may be out of date. It retries automatically.</Notice>
  )
}

/** Warns of a wrong clock, which makes times look wrong. */
function ClockBanner() {
  const behindMs = useHealth().data?.clock_behind_ms ?? 0
  if (behindMs === 0) return null
  return (
    <Notice tone="warn">
      The clock of this computer is {inWords(Math.abs(behindMs))} {behindMs > 0 ? 'behind' : 'ahead of'} the server's.
      The times shown here are the server's.
    </Notice>
  )
}

function inWords(ms: number): string {
  const minutes = Math.round(ms / 60_000)
  if (minutes < 120) return `${minutes} minutes`
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)} hours` : `${Math.round(minutes / 1440)} days`
}

/** The page where a warning can be fixed. */
const PLACES: [code: RegExp, to: string, title: string][] = [
  [/^(unrouted_events|dead_letters)$/, 'events', 'Events'],
  [/^(backup_failed|disk_low|clock_skew|secret_unreadable)$/, 'system', 'System'],
  [/^endpoint/, 'endpoints', 'Endpoints'],
  [/^shared_route/, 'apps', 'Apps and keys'],
]
const SHOWN = 2

/** Shows the warnings of /health on every page: the first ones, and the others on request. */
function HealthBanner() {
  const warnings = useHealth().data?.warnings ?? []
  const [all, setAll] = useState(false)
  if (warnings.length === 0) return null
  const shown = all ? warnings : warnings.slice(0, SHOWN)
  return (
    <>
      {shown.map(({ code, message, action, subject }) => {
        const [, to = 'dialpad', title = 'Dialpad'] = PLACES.find(([pattern]) => pattern.test(code)) ?? []
        return (
          <Notice tone="warn" key={`${code} ${subject ?? message}`}>
            <span>
              <strong>{message}</strong> {action}
            </span>
            <Link className="button small" to={to}>
              {title}
            </Link>
          </Notice>
        )
      })}
      {warnings.length > SHOWN && (
        <Button small kind="plain" onClick={() => setAll(!all)}>
          {all ? 'Show fewer warnings' : `Show ${warnings.length - SHOWN} more warnings`}
        </Button>
      )}
    </>
  )
}

import { OPEN_STATUSES, phaseOf } from '../../lib/call-status'
import type { Schemas } from '../api'
import { StatusChip, userName } from '../call-parts'
import { serverNow } from '../clock'
import { duration, time } from '../format'

export type CallWithTimeline = Schemas['CallWithTimeline']

type Open = (typeof OPEN_STATUSES)[number]

const PHASES: Record<Open, string> = { ringing: 'Ringing', active: 'Talking', held: 'On hold' }

export const Legend = () => (
  <span className="legend">
    {Object.entries(PHASES).map(([phase, title]) => (
      <span key={phase}>
        <i className={`seg-${phase}`} />
        {title}
      </span>
    ))}
  </span>
)

interface Segment {
  phase: Open
  from: number
  to: number
}

/** Returns the segments of a leg: ringing, talking, on hold. */
function segmentsOf(leg: CallWithTimeline, now: number): Segment[] {
  const end = leg.ended_at ? Date.parse(leg.ended_at) : now
  const states = leg.timeline.filter(({ state }) => phaseOf(state) !== undefined)
  return states.flatMap(({ state, at }, index) => {
    const phase = OPEN_STATUSES.find((open) => open === phaseOf(state))
    const from = Date.parse(at)
    const next = states[index + 1]
    const to = Math.min(end, next ? Date.parse(next.at) : end)
    return phase && to > from ? [{ phase, from, to }] : []
  })
}

/** Draws each leg as a bar over the same time range. */
export function TimeLine({ legs }: { legs: CallWithTimeline[] }) {
  const now = serverNow()
  const start = Math.min(...legs.map((leg) => Date.parse(leg.started_at)))
  const end = Math.max(start + 1000, ...legs.map((leg) => (leg.ended_at ? Date.parse(leg.ended_at) : now)))
  const share = (ms: number) => `${((100 * ms) / (end - start)).toFixed(2)}%`
  return (
    <div className="timeline">
      {legs.map((leg) => {
        const segments = segmentsOf(leg, now)
        const inWords = segments
          .map(({ phase, from, to }) => `${PHASES[phase]} ${duration((to - from) / 1000)}`)
          .join(', ')
        return (
          <div className="leg" key={leg.id}>
            <span className="clip" title={userName(leg)}>
              {userName(leg)}
            </span>
            {segments.length === 0 ? (
              <span>
                <StatusChip status={leg.status} />
              </span>
            ) : (
              <div className="track" role="img" aria-label={inWords}>
                {segments.map(({ phase, from, to }) => (
                  <span
                    key={`${phase}${from}`}
                    className={`seg-${phase}`}
                    title={`${PHASES[phase]} ${duration((to - from) / 1000)}`}
                    style={{ left: share(from - start), width: share(to - from) }}
                  />
                ))}
              </div>
            )}
          </div>
        )
      })}
      <div className="leg" aria-hidden="true">
        <span />
        <div className="axis">
          <span>{time(new Date(start).toISOString())}</span>
          <span>{time(new Date(end).toISOString())}</span>
        </div>
      </div>
    </div>
  )
}

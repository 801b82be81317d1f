import { useQuery } from '@tanstack/react-query'
import { appApi, read } from './api'
import type { App } from './apps'
import { Chip, Panel } from './ui'

/** Shows which mapped users are on a call, ringing, or available. */
export function OnCallNow({ app }: { app: App }) {
  const { data } = useQuery({
    queryKey: ['presence', app.app_id],
    queryFn: async () => (await read(appApi(app.app_id).GET('/api/presence'))).presence,
    refetchInterval: 15_000,
  })
  if (!data || data.length === 0) return null
  const people = data.toSorted((a, b) => rank(b) - rank(a) || a.user_id.localeCompare(b.user_id)).slice(0, 60)
  const busy = data.filter(({ on_call }) => on_call).length
  return (
    <Panel
      title={
        busy === 0 ? 'Nobody is on a call' : busy === 1 ? 'One person is on a call' : `${busy} people are on a call`
      }
    >
      <div className="panel-body">
        <ul className="people">
          {people.map((person) => (
            <li key={person.dialpad_user_id}>
              <bdi>{person.user_id}</bdi>
              {person.on_call ? (
                <Chip tone="ok">on a call</Chip>
              ) : person.is_ringing ? (
                <Chip tone="warn">ringing</Chip>
              ) : (
                <Chip>{dutyOf(person.agent_status?.on_duty_status)}</Chip>
              )}
            </li>
          ))}
        </ul>
      </div>
    </Panel>
  )
}

const rank = ({ on_call, is_ringing }: { on_call: boolean; is_ringing: boolean }) => (on_call ? 2 : is_ringing ? 1 : 0)

/** Texts for Dialpad's codes. */
const DUTY: Record<string, string> = {
  available: 'available',
  busy: 'busy',
  occupied: 'busy elsewhere',
  occupied_end: 'busy elsewhere',
  unavailable: 'off duty',
  wrapup: 'wrapping up',
}
const dutyOf = (status: string | null | undefined) => (status ? (DUTY[status] ?? status.replaceAll('_', ' ')) : 'free')

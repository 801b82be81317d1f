import { useQuery } from '@tanstack/react-query'
import { admin, appApi, read } from '../api'
import type { App } from '../apps'
import { hasDialpadAccess } from '../dialpad-access'
import { Button, Panel, Table } from '../ui'
import { Id } from '../values'

interface Suggestion {
  id: number
  name: string | null
  crm_user_id: string
}

const MAX_SUGGESTED = 50

/** Returns Dialpad's users if the account is connected, otherwise the people on recent calls. */
async function unmapped(appId: string): Promise<Suggestion[]> {
  if (!(await hasDialpadAccess(appId))) return seenOnCalls(appId)
  try {
    const { users } = await read(
      admin.GET('/internal/apps/{app_id}/dialpad/users', {
        params: { path: { app_id: appId }, query: { mapped: 'false', limit: 100 } },
      }),
    )
    return users.map(({ dialpad_user_id, name, emails, suggested_crm_user_id }) => ({
      id: dialpad_user_id,
      name,
      crm_user_id: suggested_crm_user_id ?? emails[0] ?? '',
    }))
  } catch {
    return seenOnCalls(appId)
  }
}

async function seenOnCalls(appId: string): Promise<Suggestion[]> {
  const { calls } = await read(appApi(appId).GET('/api/calls', { params: { query: { limit: 100 } } }))
  const found = new Map<number, Suggestion>()
  for (const { dialpad_user_id: id, user_id, target } of calls)
    if (id !== null && user_id === null && !found.has(id))
      found.set(id, { id, name: target?.name ?? null, crm_user_id: target?.email ?? '' })
  return [...found.values()]
}

const titleOf = (users: number) =>
  users === 1
    ? 'One Dialpad user is not mapped'
    : `${users > MAX_SUGGESTED ? `More than ${MAX_SUGGESTED}` : users} Dialpad users are not mapped`

/** Lists unmapped users. Suggests their email address, which is often their id in other software. */
export function Suggestions({ app, onMap }: { app: App; onMap: (id: number, crmUserId: string) => void }) {
  const { data } = useQuery({ queryKey: ['suggestions', app.app_id], queryFn: () => unmapped(app.app_id) })
  if (!data || data.length === 0) return null
  return (
    <Panel title={titleOf(data.length)}>
      <Table
        label="Suggestions"
        head={
          <>
            <th scope="col">Dialpad user</th>
            <th scope="col">User in your software</th>
          </>
        }
      >
        {data.slice(0, MAX_SUGGESTED).map((suggestion) => (
          <tr key={suggestion.id}>
            <td>
              <span className="clip">{suggestion.name ?? 'Without a name'}</span>
              <span className="sub">
                <Id value={suggestion.id} label={`the Dialpad user id ${suggestion.id}`} />
              </span>
            </td>
            <td className="full">
              <form
                className="inline-form"
                onSubmit={(event) => {
                  event.preventDefault()
                  onMap(suggestion.id, String(new FormData(event.currentTarget).get('crm')).trim())
                }}
              >
                <input
                  name="crm"
                  required
                  maxLength={200}
                  defaultValue={suggestion.crm_user_id}
                  aria-label={`User id of ${suggestion.name ?? suggestion.id} in your software`}
                />
                <Button small type="submit">
                  Map
                </Button>
              </form>
            </td>
          </tr>
        ))}
      </Table>
    </Panel>
  )
}

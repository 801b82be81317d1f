import { type FormEvent, useRef, useState } from 'react'
import type { Pagination } from '../../sdk/records'
import { api, clientOf, query } from '../api'
import { type App, useApps } from '../apps'
import { when } from '../format'
import { NoApp } from '../no-app'
import { PagedList } from '../paged-list'
import { useAction, useData } from '../queries'
import { Button, Confirm, Empty, Field, PageHead, Panel, Problem, Table } from '../ui'

interface Mapping {
  id: string
  dialpad_user_id: number
  crm_user_id: string
  updated_at: string
}

export function UsersPage() {
  const { app } = useApps()
  return app ? <Users app={app} /> : <NoApp title="Users" />
}

function Users({ app }: { app: App }) {
  const base = `/internal/apps/${app.app_id}/users`
  const [version, setVersion] = useState(0)
  const [removing, setRemoving] = useState<Mapping | null>(null)
  const form = useRef<HTMLFormElement>(null)
  const { run, running, error } = useAction(async (dialpad_user_id: number, crm_user_id: string) => {
    await api('POST', `${base}/map`, { dialpad_user_id, crm_user_id })
    form.current?.reset()
    setVersion((before) => before + 1)
  })
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const values = new FormData(event.currentTarget)
    void run(Number(values.get('dialpad_user_id')), String(values.get('crm_user_id')).trim())
  }
  return (
    <>
      <PageHead title="Users">
        Which Dialpad user is who in {app.app_name}. Calls then carry your own user id, and a user's token hears only
        that user's calls.
      </PageHead>
      <Suggestions app={app} version={version} onMap={(id, crm) => void run(id, crm)} />
      <Panel title="Mappings">
        <form ref={form} className="filters" onSubmit={submit}>
          <Field label="Dialpad user id">
            <input
              name="dialpad_user_id"
              required
              inputMode="numeric"
              pattern="[1-9][0-9]{0,15}"
              title="A whole number"
              autoComplete="off"
            />
          </Field>
          <Field label="Your user id">
            <input name="crm_user_id" required maxLength={200} autoComplete="off" />
          </Field>
          <Button type="submit" kind="primary" busy={running}>
            Map
          </Button>
        </form>
        {error && (
          <div className="panel-body">
            <Problem error={error} />
          </div>
        )}
        <PagedList
          of={`mappings ${app.app_id} ${version}`}
          load={async (cursor) => {
            const { mappings, pagination } = await api<{ mappings: Mapping[]; pagination: Pagination }>(
              'GET',
              `${base}/mappings${query({ cursor })}`,
            )
            return { items: mappings, pagination }
          }}
          empty={
            <Empty title="Nobody is mapped yet">
              Take a suggestion above, type a pair, or let your software send them all with{' '}
              <code>POST …/users/batch-map</code>.
            </Empty>
          }
        >
          {(mappings) => (
            <Table
              label="Mappings"
              head={
                <>
                  <th scope="col">Dialpad user</th>
                  <th scope="col">User in your software</th>
                  <th scope="col" className="wide-only">
                    Changed
                  </th>
                  <th scope="col">
                    <span className="wide-only">Remove</span>
                  </th>
                </>
              }
            >
              {mappings.map((mapping) => (
                <tr key={mapping.id}>
                  <td className="mono">{mapping.dialpad_user_id}</td>
                  <td>{mapping.crm_user_id}</td>
                  <td className="wide-only nowrap">{when(mapping.updated_at)}</td>
                  <td className="actions">
                    <Button
                      small
                      kind="danger"
                      label={`Remove the mapping of ${mapping.dialpad_user_id}`}
                      onClick={() => setRemoving(mapping)}
                    >
                      Remove
                    </Button>
                  </td>
                </tr>
              ))}
            </Table>
          )}
        </PagedList>
      </Panel>
      {removing && (
        <Confirm
          title="Remove the mapping?"
          action="Remove"
          onConfirm={async () => {
            await api('DELETE', `${base}/mappings/${removing.id}`)
            setVersion((before) => before + 1)
          }}
          onClose={() => setRemoving(null)}
        >
          Calls of Dialpad user {removing.dialpad_user_id} no longer carry the user id {removing.crm_user_id}.
        </Confirm>
      )}
    </>
  )
}

interface Suggestion {
  id: number
  name: string | null
  crm_user_id: string
}

interface DialpadUser {
  dialpad_user_id: number
  name: string | null
  emails: string[]
  crm_user_id: string | null
}

/** Dialpad's own users where the account is connected; else the people who were on recent calls. */
async function unmapped(appId: string): Promise<Suggestion[]> {
  try {
    const { users } = await api<{ users: DialpadUser[] }>('GET', `/internal/apps/${appId}/dialpad/users`)
    return users
      .filter((user) => user.crm_user_id === null)
      .map(({ dialpad_user_id, name, emails }) => ({ id: dialpad_user_id, name, crm_user_id: emails[0] ?? '' }))
  } catch {
    const { calls } = await clientOf(appId).calls.list({ limit: 100 })
    const found = new Map<number, Suggestion>()
    for (const { dialpad_user_id: id, user_id, target } of calls)
      if (id !== null && user_id === null && !found.has(id))
        found.set(id, { id, name: target?.name ?? null, crm_user_id: target?.email ?? '' })
    return [...found.values()]
  }
}

const MOST_SUGGESTED = 50

/** Who is not mapped yet: their Dialpad email is most often their id elsewhere. */
function Suggestions({ app, version, onMap }: { app: App; version: number; onMap: (id: number, crm: string) => void }) {
  const { data } = useData(`suggestions ${app.app_id} ${version}`, () => unmapped(app.app_id))
  if (!data || data.length === 0) return null
  return (
    <Panel title={data.length === 1 ? 'One Dialpad user is not mapped' : `${data.length} Dialpad users are not mapped`}>
      <Table
        label="Suggestions"
        head={
          <>
            <th scope="col">Dialpad user</th>
            <th scope="col">User in your software</th>
          </>
        }
      >
        {data.slice(0, MOST_SUGGESTED).map((suggestion) => (
          <tr key={suggestion.id}>
            <td>
              {suggestion.name ?? 'Without a name'}
              <span className="sub mono">{suggestion.id}</span>
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

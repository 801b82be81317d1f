import { type FormEvent, useRef } from 'react'
import { admin, read, type Schemas, withoutEmpty } from '../api'
import { type App, useApps } from '../apps'
import type { Column } from '../columns'
import { DataTable } from '../data-table'
import { NoApp } from '../no-app'
import { queryClient, useAction } from '../queries'
import { toast } from '../toasts'
import { Button, Empty, Field, PageHead, Panel, Problem } from '../ui'
import { useList } from '../use-list'
import { Copyable, Id, Time } from '../values'
import { Suggestions } from './user-suggestions'

type Mapping = Schemas['Mapping']

export function UsersPage() {
  const { app } = useApps()
  return app ? <Users app={app} /> : <NoApp title="Users" />
}

function Users({ app }: { app: App }) {
  const path = { app_id: app.app_id }
  const form = useRef<HTMLFormElement>(null)
  const list = useList<Mapping>({
    key: ['mappings', app.app_id],
    idOf,
    load: async (cursor, signal) => {
      const query = withoutEmpty({ limit: 100, include_total: cursor ? undefined : ('true' as const), cursor })
      const answer = await read(
        admin.GET('/internal/apps/{app_id}/users/mappings', { params: { path, query }, signal }),
      )
      return { items: answer.mappings, pagination: answer.pagination }
    },
  })
  const changed = async () => {
    await Promise.all([list.refresh(), queryClient.invalidateQueries({ queryKey: ['suggestions', app.app_id] })])
  }
  const map = useAction(async (dialpad_user_id: number, crm_user_id: string) => {
    await read(
      admin.POST('/internal/apps/{app_id}/users/map', { params: { path }, body: { dialpad_user_id, crm_user_id } }),
    )
    toast(`Mapped Dialpad user ${dialpad_user_id} to ${crm_user_id}`)
    await changed()
  })
  const remove = useAction(async ({ id, dialpad_user_id, crm_user_id }: Mapping) => {
    const restore = list.remove(id)
    try {
      await read(admin.DELETE('/internal/apps/{app_id}/users/mappings/{id}', { params: { path: { ...path, id } } }))
    } catch (error) {
      restore()
      throw error
    }
    toast(`Removed the mapping of Dialpad user ${dialpad_user_id}`, {
      undo: () => map.run(dialpad_user_id, crm_user_id),
    })
    await changed()
  })
  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const values = new FormData(event.currentTarget)
    if (await map.run(Number(values.get('dialpad_user_id')), String(values.get('crm_user_id')).trim()))
      form.current?.reset()
  }
  const columns = columnsWith((mapping) => void remove.run(mapping))
  return (
    <>
      <PageHead title="Users">
        Maps Dialpad users to the users of {app.app_name}. Calls then include your own user id, and a user's token shows
        only that user's calls.
      </PageHead>
      <Suggestions app={app} onMap={(id, crm) => void map.run(id, crm)} />
      <Panel title="Mapped users">
        <form ref={form} className="filters" onSubmit={(event) => void submit(event)}>
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
          <Field label="User id in your software" wide>
            <input name="crm_user_id" required maxLength={200} autoComplete="off" />
          </Field>
          <Button type="submit" kind="primary" busy={map.running}>
            Map
          </Button>
        </form>
        {(map.error ?? remove.error) && (
          <div className="panel-body">
            <Problem error={map.error ?? remove.error} />
          </div>
        )}
        <DataTable
          label="Mappings"
          columns={columns}
          list={list}
          idOf={idOf}
          empty={
            <Empty title="No users are mapped yet">
              Use a suggestion above, enter a pair, or send all mappings with <code>POST …/users/batch-map</code>.
            </Empty>
          }
        />
      </Panel>
    </>
  )
}

const idOf = ({ id }: Mapping) => id

const columnsWith = (onRemove: (mapping: Mapping) => void): Column<Mapping>[] => [
  {
    id: 'dialpad',
    title: 'Dialpad user',
    cell: ({ dialpad_user_id }) => <Id value={dialpad_user_id} label={`the Dialpad user id ${dialpad_user_id}`} />,
  },
  {
    id: 'crm',
    title: 'User in your software',
    cell: ({ crm_user_id }) => <Copyable value={crm_user_id} label={`the user id ${crm_user_id}`} />,
  },
  { id: 'changed', title: 'Changed', wide: true, nowrap: true, cell: ({ updated_at }) => <Time at={updated_at} /> },
  {
    id: 'remove',
    title: 'Remove',
    hideTitle: true,
    number: true,
    cell: (mapping) => (
      <Button
        small
        kind="danger"
        label={`Remove the mapping of ${mapping.dialpad_user_id}`}
        onClick={() => onRemove(mapping)}
      >
        Remove
      </Button>
    ),
  },
]

import { appApi, fileUrl, query, read, withoutEmpty } from '../api'
import { type App, useApps } from '../apps'
import { useColumns } from '../columns'
import { DataTable } from '../data-table'
import { DateRange, useRange } from '../date-range'
import { ChoiceFilter, DIRECTIONS, Filters, TextFilter, useFilters } from '../filters'
import { Link, usePlace } from '../navigation'
import { NoApp } from '../no-app'
import { useAction } from '../queries'
import { SavedFilters } from '../saved-filters'
import { Button, Empty, PageHead, Panel, Problem } from '../ui'
import { useList } from '../use-list'
import { CALL_COLUMNS, type ConversationSummary, Legs } from './call-columns'

const FILTERS = [
  'q',
  'status',
  'direction',
  'user_id',
  'customer_id',
  'job_id',
  'range',
  'since',
  'until',
  'number',
] as const

/** Status filters: groups of the API's statuses. */
const STATUSES: [value: string, title: string][] = [
  ['', 'Any'],
  ['ringing,active,held', 'In progress'],
  ['ended', 'Answered'],
  ['missed', 'Missed'],
  ['voicemail', 'Voicemail'],
  ['rejected', 'Rejected'],
]

export function CallsPage() {
  const { app } = useApps()
  return app ? <Calls app={app} /> : <NoApp title="Calls" />
}

/** Converts the address to a query of the API. */
function useWanted() {
  const { params } = usePlace()
  const { values } = useFilters(FILTERS)
  const { range: _, since: __, until: ___, ...fields } = values
  const { from, to } = useRange()
  return withoutEmpty({
    ...fields,
    sort: params.get('sort') ?? '',
    started_after: from,
    started_before: to,
  }) as { q?: string; status?: string; direction?: 'inbound' | 'outbound'; sort?: '-started_at' }
}

function Calls({ app }: { app: App }) {
  const { filtered, clear } = useFilters(FILTERS)
  const wanted = useWanted()
  const { columns, menu } = useColumns('calls', CALL_COLUMNS)
  const list = useList<ConversationSummary>({
    key: ['calls', app.app_id, wanted],
    topic: 'calls',
    idOf,
    load: async (cursor, signal) => {
      const wantedPage = { ...wanted, limit: 100, ...(cursor ? { cursor } : { include_total: 'true' as const }) }
      const answer = await read(appApi(app.app_id).GET('/api/conversations', { params: { query: wantedPage }, signal }))
      return { items: answer.conversations, pagination: answer.pagination }
    },
  })
  const download = useAction(async () => {
    location.assign((await fileUrl(app.app_id, '/api/calls/export')) + query(wanted).replace('?', '&'))
  })
  return (
    <>
      <PageHead
        title="Calls"
        actions={
          <>
            <SavedFilters page="calls" />
            {menu}
            <Button busy={download.running} onClick={() => void download.run()}>
              Export CSV
            </Button>
          </>
        }
      >
        One row for each conversation, with its legs inside.
      </PageHead>
      <Problem error={download.error} />
      <Panel>
        <Filters label="Filter calls">
          <TextFilter name="q" label="Search" placeholder="Name or part of a number" wide />
          <ChoiceFilter name="status" label="Status" options={STATUSES} />
          <ChoiceFilter name="direction" label="Direction" options={DIRECTIONS} />
          <DateRange />
          <TextFilter name="user_id" label="User" type="text" />
          <TextFilter name="customer_id" label="Customer id" type="text" />
          <TextFilter name="job_id" label="Job" type="text" />
          {filtered && (
            <Button kind="plain" onClick={clear}>
              Clear filters
            </Button>
          )}
        </Filters>
        <DataTable
          label="Calls"
          columns={columns}
          list={list}
          idOf={idOf}
          inside={(conversation) =>
            conversation.leg_count > 1 ? (
              <Legs appId={app.app_id} id={conversation.id} updatedAt={conversation.updated_at} />
            ) : null
          }
          insideTitle={(conversation) => `${conversation.leg_count} legs`}
          empty={
            filtered ? (
              <Empty
                title="No calls match these filters"
                actions={<Button onClick={clear}>Clear the filters</Button>}
              />
            ) : (
              <Empty title="No calls yet">
                <Link to="dialpad">Connect Dialpad</Link>, or send a simulated call from <Link to="">Live</Link>.
              </Empty>
            )
          }
        />
      </Panel>
    </>
  )
}

const idOf = ({ id }: ConversationSummary) => id

import { safeLink } from '../../sdk/react/format'
import type { Customer } from '../../sdk/records'
import { appApi, read, withoutEmpty } from '../api'
import { type App, useApps } from '../apps'
import { type Column, useColumns } from '../columns'
import { DataTable } from '../data-table'
import { Filters, TextFilter, useFilters } from '../filters'
import { number } from '../format'
import { Link } from '../navigation'
import { NoApp } from '../no-app'
import { Button, Empty, PageHead, Panel } from '../ui'
import { useList } from '../use-list'
import { Copyable, Id, Time } from '../values'

const FILTERS = ['q'] as const

const COLUMNS: Column<Customer>[] = [
  {
    id: 'name',
    title: 'Name',
    fixed: true,
    cell: (customer) => (
      <>
        <strong className="clip">{customer.name}</strong>
        <span className="sub">
          <Id value={customer.external_id} label={`the id of ${customer.name}`} />
        </span>
      </>
    ),
  },
  {
    id: 'numbers',
    title: 'Numbers',
    cell: ({ phones }) =>
      phones.length === 0
        ? '–'
        : phones.map((phone) => (
            <div key={phone} className="nowrap">
              <Copyable value={phone} shown={number(phone)} label={`the number ${number(phone)}`} />
            </div>
          )),
  },
  {
    id: 'email',
    title: 'Email',
    wide: true,
    cell: ({ email }) => (email ? <Copyable value={email} label="the email address" /> : '–'),
  },
  {
    id: 'changed',
    title: 'Changed',
    wide: true,
    optional: true,
    nowrap: true,
    cell: (one) => <Time at={one.updated_at} />,
  },
  {
    id: 'go',
    title: 'Go to',
    fixed: true,
    hideTitle: true,
    nowrap: true,
    cell: (customer) => {
      const record = safeLink(customer.url)
      return (
        <span className="row">
          <Link to={`calls?customer_id=${encodeURIComponent(customer.external_id)}`}>Calls</Link>
          {record && (
            <a href={record} target="_blank" rel="noreferrer noopener">
              Record
            </a>
          )}
        </span>
      )
    },
  },
]

export function CustomersPage() {
  const { app } = useApps()
  return app ? <Customers app={app} /> : <NoApp title="Customers" />
}

function Customers({ app }: { app: App }) {
  const { values, filtered, clear } = useFilters(FILTERS)
  const { columns, menu } = useColumns('customers', COLUMNS)
  const list = useList<Customer>({
    key: ['customers', app.app_id, values],
    idOf,
    load: async (cursor, signal) => {
      const query = withoutEmpty({
        ...values,
        limit: 100,
        include_total: cursor ? undefined : ('true' as const),
        cursor,
      })
      const answer = await read(appApi(app.app_id).GET('/api/customers', { params: { query }, signal }))
      return { items: answer.customers, pagination: answer.pagination }
    },
  })
  return (
    <>
      <PageHead title="Customers" actions={menu}>
        The customers your software sends with <code>PUT /api/customers</code>. Callers are shown by these names.
      </PageHead>
      <Panel>
        <Filters label="Filter customers">
          <TextFilter name="q" label="Search" placeholder="Name, number or id" wide />
        </Filters>
        <DataTable
          label="Customers"
          columns={columns}
          list={list}
          idOf={idOf}
          empty={
            filtered ? (
              <Empty title="No customers match" actions={<Button onClick={clear}>Show all</Button>} />
            ) : (
              <Empty title="No customers yet">
                Send them with <code>PUT /api/customers</code>: id, name, numbers and the URL of the record. Callers are
                then shown by name.
              </Empty>
            )
          }
        />
      </Panel>
    </>
  )
}

const idOf = ({ id }: Customer) => id

import { safeLink } from '../../sdk/react/format'
import { clientOf } from '../api'
import { useApps } from '../apps'
import { Filters, TextFilter, useFilters } from '../filters'
import { number } from '../format'
import { Link } from '../navigation'
import { NoApp } from '../no-app'
import { PagedList } from '../paged-list'
import { Button, Empty, PageHead, Panel, Table } from '../ui'

const FILTERS = ['q'] as const

export function CustomersPage() {
  const { app } = useApps()
  const { values, filtered, clear } = useFilters(FILTERS)
  if (!app) return <NoApp title="Customers" />
  return (
    <>
      <PageHead title="Customers">
        The directory {app.app_name} sends with <code>PUT /api/customers</code>. A caller is named by the number found
        here.
      </PageHead>
      <Panel>
        <Filters label="Filter customers">
          <TextFilter name="q" label="Name, number or id" />
        </Filters>
        <PagedList
          of={`customers ${app.app_id} ${JSON.stringify(values)}`}
          load={async (cursor) => {
            const { customers, pagination } = await clientOf(app.app_id).customers.list({ ...values, cursor })
            return { items: customers, pagination }
          }}
          empty={
            filtered ? (
              <Empty title="No customer fits" actions={<Button onClick={clear}>Show all</Button>} />
            ) : (
              <Empty title="No customers yet">
                Let your software send them with <code>PUT /api/customers</code>: id, name, numbers and the address of
                the record. Callers then show by name.
              </Empty>
            )
          }
        >
          {(customers) => (
            <Table
              label="Customers"
              head={
                <>
                  <th scope="col">Name</th>
                  <th scope="col">Numbers</th>
                  <th scope="col" className="wide-only">
                    Email
                  </th>
                  <th scope="col">
                    <span className="wide-only">Go to</span>
                  </th>
                </>
              }
            >
              {customers.map((customer) => {
                const record = safeLink(customer.url)
                return (
                  <tr key={customer.id}>
                    <td>
                      <strong>{customer.name}</strong>
                      <span className="sub">{customer.external_id}</span>
                    </td>
                    <td>
                      {customer.phones.length === 0
                        ? '–'
                        : customer.phones.map((phone) => (
                            <div key={phone} className="nowrap">
                              {number(phone)}
                            </div>
                          ))}
                    </td>
                    <td className="wide-only">{customer.email ?? '–'}</td>
                    <td className="actions">
                      <Link to={`calls?customer_id=${encodeURIComponent(customer.external_id)}`}>Calls</Link>{' '}
                      {record && (
                        <a href={record} target="_blank" rel="noreferrer noopener">
                          Record
                        </a>
                      )}
                    </td>
                  </tr>
                )
              })}
            </Table>
          )}
        </PagedList>
      </Panel>
    </>
  )
}

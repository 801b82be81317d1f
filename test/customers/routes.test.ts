import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { freshUrl } from '../support/backends'
import { callEvent, T0 } from '../support/events'
import { startTestServer, type TestServer } from '../support/server'

describe.each([
  ['SQLite', freshUrl.sqlite],
  ['Postgres', freshUrl.pg],
] as const)('the customer directory on %s', (_name, url) => {
  let server: TestServer
  let app: { appId: string; apiKey: string }
  let orgId = 0
  beforeAll(async () => {
    server = await startTestServer(await url())
  })
  beforeEach(async () => {
    app = await server.createApp('One', ++orgId)
  })
  afterAll(() => server.stop())

  const put = (customers: unknown, apiKey = app.apiKey) =>
    server.request('PUT', '/api/customers', { headers: { 'x-app-api-key': apiKey }, body: { customers } })
  const remove = (id: string, apiKey = app.apiKey) =>
    server.request('DELETE', `/api/customers/${id}`, { headers: { 'x-app-api-key': apiKey } })
  const get = (path: string, apiKey = app.apiKey) => server.get(`/api/customers${path}`, apiKey)

  const acmeAndBolt = () =>
    put([
      { external_id: 'c1', name: 'Acme Inc', phones: ['+15551230000'] },
      { external_id: 'c2', name: 'Bolt & Co', email: 'b@example.com' },
    ])

  test('customers are created and replaced by external id, numbers in any format', async () => {
    const first = await put([
      { external_id: 'c1', name: 'Acme', phones: ['(555) 123-4567', '+1 555 123 4567'], attributes: { tier: 1 } },
      { external_id: 'c2', name: 'Bolt & Co', email: 'b@example.com', url: 'https://crm.example.com/c2' },
    ])
    expect(first.body).toEqual({ success: true, count: 2, created: 2, updated: 0 })
    const acme = (await get('/external:c1')).body.customer
    expect(acme).toMatchObject({ name: 'Acme', phones: ['+15551234567'], email: null, attributes: { tier: 1 } })
    expect((await get(`/${acme.id}`)).body.customer).toEqual(acme)
    const again = await put([{ external_id: 'c1', name: 'Acme Inc', phones: ['+15551230000'] }])
    expect(again.body).toMatchObject({ created: 0, updated: 1 })
    expect((await get(`/${acme.id}`)).body.customer).toMatchObject({
      id: acme.id,
      name: 'Acme Inc',
      phones: ['+15551230000'],
      attributes: {},
      created_at: acme.created_at,
    })
  })

  test.each(['+15551230000', '(555) 123-0000', '555.123.0000', '1 555 123 0000'])(
    'finds a customer by %p',
    async (n) => {
      await acmeAndBolt()
      expect((await get(`/lookup?phone=${encodeURIComponent(n)}`)).body.customer.external_id).toBe('c1')
    },
  )

  test('an unknown number is 404; an invalid number is 422', async () => {
    expect((await get('/lookup?phone=%2B15559999999')).body.code).toBe('customer_not_found')
    expect((await get('/lookup?phone=hello')).status).toBe(422)
    expect((await get('/lookup?phone=')).status).toBe(422)
    expect((await get('/lookup')).status).toBe(422)
  })

  test.each([
    ['acme', ['c1']],
    ['BOLT & c', ['c2']],
    ['C2', ['c2']],
    ['123-0000', ['c1']],
    ['%', []],
    ['_', []],
    ['\\', []],
    ["'; drop table customers; --", []],
  ])('search for %p', async (text, found) => {
    await acmeAndBolt()
    const { status, body } = await get(`?q=${encodeURIComponent(text)}`)
    expect(status).toBe(200)
    expect(body.customers.map((contact: { external_id: string }) => contact.external_id)).toEqual(found)
  })

  test('pages by name, steadily while customers are added', async () => {
    await put(Array.from({ length: 7 }, (_, i) => ({ external_id: `p${i}`, name: `Page ${i % 3}` })))
    const first = (await get('?q=Page&limit=4&include_total=true')).body
    expect(first.pagination).toMatchObject({ has_more: true, total: 7 })
    await put([{ external_id: 'p-new', name: 'Page 0' }])
    const second = (await get(`?q=Page&limit=4&cursor=${first.pagination.next_cursor}`)).body
    const ids = [...first.customers, ...second.customers].map((contact) => contact.external_id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.filter((id) => id !== 'p-new')).toHaveLength(7)
  })

  test('with one invalid row nothing is stored; each invalid field is named', async () => {
    const answer = await put([
      { external_id: 'x1', name: 'Fine' },
      { external_id: 'x2', name: 'Bad number', phones: ['+15551112222', 'call me'] },
      { external_id: 'x1', name: 'Twice' },
    ])
    expect(answer.body.errors.map((error: { path: string }) => error.path)).toEqual([
      'customers.1.phones.1',
      'customers.2.external_id',
    ])
    expect((await get('/external:x1')).status).toBe(404)
    const wrong = await put([
      { external_id: '', name: 'x' },
      { external_id: 'a', name: '', url: 'javascript:alert(1)' },
      { external_id: 'b', name: 'x', phones: 'none', surprise: true },
    ])
    expect(wrong.status).toBe(422)
    const paths = wrong.body.errors.map((error: { path: string }) => error.path)
    for (const path of ['customers.0.external_id', 'customers.1.name', 'customers.1.url', 'customers.2.phones'])
      expect(paths).toContain(path)
  })

  test('10,000 customers are saved in one request', async () => {
    const other = await server.createApp('Large')
    // More numbers, too, than one statement takes.
    const rows = Array.from({ length: 10_000 }, (_, i) => ({
      external_id: `e${i}`,
      name: `Customer ${i}`,
      phones: [`+1555${String(2_000_000 + i)}`, ...(i >= 9900 ? [`+1555${String(3_000_000 + i)}`] : [])],
    }))
    expect((await put(rows, other.apiKey)).body.created).toBe(10_000)
    for (const phone of ['%2B15552009999', '%2B15553009999', '%2B15552000000'])
      expect((await get(`/lookup?phone=${phone}`, other.apiKey)).body.customer.external_id).toBe(
        phone.endsWith('9999') ? 'e9999' : 'e0',
      )
    // Replacing them takes several statements from 3,334 on.
    expect((await put(rows.slice(-3500), other.apiKey)).body.updated).toBe(3500)
    expect((await get('/lookup?phone=%2B15552009999', other.apiKey)).body.customer.external_id).toBe('e9999')
    await server.admin('DELETE', `/internal/apps/${other.appId}`)
  })

  test('calls and live entries from a known number carry the customer', async () => {
    await put([{ external_id: 'caller', name: 'Casey', phones: ['+15555550109'], url: 'https://crm.example.com/9' }])
    await server.deliver(callEvent(1, 'ringing', T0, { org_id: orgId }))
    await server.settle()
    const customer = { id: 'caller', name: 'Casey', url: 'https://crm.example.com/9' }
    const [call] = (await server.get('/api/calls?customer_id=caller', app.apiKey)).body.calls
    expect(call).toMatchObject({ customer, customer_id: 'caller' })
    expect((await server.get('/api/events', app.apiKey)).body.events.at(-1)).toMatchObject({ customer })
    expect((await remove('external:caller')).body.customer.external_id).toBe('caller')
    expect((await server.get('/api/calls/dialpad:1', app.apiKey)).body.call.customer).toBeNull()
    expect((await remove('external:caller')).status).toBe(404)
  })

  test('another app cannot see them', async () => {
    await acmeAndBolt()
    const other = await server.createApp('Other')
    const mine = (await get('/external:c1')).body.customer
    for (const path of [`/${mine.id}`, '/external:c1', '/lookup?phone=%2B15551230000'])
      expect((await get(path, other.apiKey)).status).toBe(404)
    expect((await get('?q=acme', other.apiKey)).body.customers).toEqual([])
    expect((await remove(mine.id, other.apiKey)).status).toBe(404)
    await put([{ external_id: 'c1', name: 'Theirs' }], other.apiKey)
    expect((await get('/external:c1')).body.customer.name).toBe('Acme Inc')
  })
})

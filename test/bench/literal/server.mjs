// What one writes first with express, ws, pg and bcrypt: one insert per webhook, one send per socket.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import bcrypt from 'bcrypt'
import express from 'express'
import pg from 'pg'
import { WebSocketServer } from 'ws'

const { DATABASE_URL, PORT, WEBHOOK_SECRET } = process.env
const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 10 })
await pool.query('CREATE TABLE events (id bigserial PRIMARY KEY, key text UNIQUE, body jsonb, received_at timestamptz)')
const keyHash = await bcrypt.hash('bench', 10)
const app = express()
const server = createServer(app)
const sockets = new WebSocketServer({ server })

app.get('/up', (_request, response) => response.end())
app.post('/webhooks/dialpad', express.text({ type: '*/*' }), async (request, response) => {
  const [head, payload, signature] = request.body.split('.')
  const expected = createHmac('sha256', WEBHOOK_SECRET).update(`${head}.${payload}`).digest()
  const given = Buffer.from(signature ?? '', 'base64url')
  if (given.length !== 32 || !timingSafeEqual(given, expected)) return response.status(401).end()
  const event = JSON.parse(Buffer.from(payload, 'base64url').toString())
  const key = `${event.call_id}:${event.state}:${event.event_timestamp}`
  await pool.query('INSERT INTO events (key, body, received_at) VALUES ($1, $2, now()) ON CONFLICT DO NOTHING', [
    key,
    event,
  ])
  for (const socket of sockets.clients) socket.send(JSON.stringify({ event: event.state, call_id: event.call_id }))
  response.json({ received: true })
})
app.get('/api/calls', async (request, response) => {
  if (!(await bcrypt.compare(request.get('x-app-api-key') ?? '', keyHash))) return response.status(401).end()
  response.json((await pool.query('SELECT * FROM events ORDER BY id DESC LIMIT 50')).rows)
})
server.listen(Number(PORT), '127.0.0.1')

/**
 * Runs inside the iframe and plays Dialpad's Mini Dialer: same envelope, same three requests, same two notices.
 * Tests press its buttons through `window.miniDialer`.
 */
interface CallRequest {
  phone_number: string
  custom_data?: string
}

const parentOrigin = document.referrer ? new URL(document.referrer).origin : '*'
let loggedIn = location.pathname.endsWith('-logged-in')
const received: { method: string; payload?: Record<string, unknown> }[] = []

const notify = (method: string, payload: unknown) =>
  parent.postMessage({ api: 'opencti_dialpad', version: '1.0', method, payload }, parentOrigin)
const authenticate = () =>
  notify('user_authentication', loggedIn ? { user_authenticated: true, user_id: 5000 } : { user_authenticated: false })

addEventListener('message', (event) => {
  if (event.source !== parent || event.data?.api !== 'opencti_dialpad' || event.data.version !== '1.0') return
  const { method } = event.data
  received.push('payload' in event.data ? { method, payload: event.data.payload } : { method })
  if (event.data.method === 'initiate_call' && loggedIn) {
    const call = event.data.payload as CallRequest
    document.body.append(`Calling ${call.phone_number} `)
    void fetch('/calls', { method: 'POST', body: JSON.stringify(call) })
  }
})

const miniDialer = {
  received,
  notify,
  login() {
    loggedIn = true
    authenticate()
  },
  logout() {
    loggedIn = false
    authenticate()
  },
  ring: (id: number, external_number: string, contact: unknown = null) =>
    notify('call_ringing', {
      state: 'on',
      id,
      contact,
      target: { id: 5000, type: 'user', name: 'Ada Agent', phone: '+15550000001', email: null },
      internal_number: '+15550000001',
      external_number,
    }),
  stopRinging: (id: number) => notify('call_ringing', { state: 'off', id }),
}
export type MiniDialer = typeof miniDialer
Object.assign(window, { miniDialer })

addEventListener('load', () => {
  if (!location.pathname.endsWith('-silent')) authenticate()
})

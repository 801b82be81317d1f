/** Dialpad's flat call event with the fields a test does not care about filled in. */
export function callEvent(callId: number, state: string, at: number, more: object = {}): Record<string, unknown> {
  return {
    call_id: callId,
    state,
    event_timestamp: at,
    direction: 'inbound',
    external_number: '+15555550109',
    internal_number: '+15555550105',
    date_started: T0,
    target: { id: 5991398486736896, type: 'user', name: 'Agent', phone: '+15555550105', email: 'agent@example.com' },
    contact: { id: 6480210643730432, type: 'local', name: 'Sample Caller', phone: '+15555550109', email: '' },
    ...more,
  }
}

export const T0 = 1_731_600_000_000
export const AGENT_ID = 5991398486736896

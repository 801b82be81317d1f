import type { Schemas } from './api'
import type { Tone } from './format'
import { Chip } from './ui'

export function EndpointState({ endpoint }: { endpoint: Schemas['Endpoint'] }) {
  const [tone, title] = stateOf(endpoint)
  return <Chip tone={tone}>{title}</Chip>
}

function stateOf(endpoint: Schemas['Endpoint']): [Tone, string] {
  if (endpoint.disabled_reason === 'gone') return ['bad', 'disabled: it answered 410']
  if (endpoint.disabled_at) return ['bad', 'disabled: it failed for five days']
  if (!endpoint.active) return ['plain', 'paused']
  if (endpoint.consecutive_failures > 0) return ['warn', `failing (${endpoint.consecutive_failures})`]
  return endpoint.last_success_at ? ['ok', 'delivering'] : ['info', 'waiting for an event']
}

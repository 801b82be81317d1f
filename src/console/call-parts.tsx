import { useEffect, useState } from 'react'
import type { CallStatus } from '../lib/call-status'
import type { TrackedCall } from '../sdk/call-tracker'
import { safeLink } from '../sdk/react/format'
import { number, STATUS_TONE } from './format'
import { Button, Chip, Problem } from './ui'

export const StatusChip = ({ status }: { status: CallStatus }) => <Chip tone={STATUS_TONE[status]}>{status}</Chip>

export const otherNumber = (call: Pick<TrackedCall, 'direction' | 'from_number' | 'to_number'>): string | null =>
  (call.direction === 'inbound' ? call.from_number : call.to_number) ?? null

/** The customer's name, else what Dialpad calls the other party, else the number. */
export const otherName = (call: TrackedCall): string =>
  call.customer?.name ?? call.contact?.name ?? number(otherNumber(call))

export function CustomerLink({ call }: { call: TrackedCall }) {
  const link = safeLink(call.customer?.url)
  return link ? (
    <a href={link} target="_blank" rel="noreferrer noopener">
      Record
    </a>
  ) : null
}

/** Plays audio that only an authorised request may fetch: the bytes first, then a local address for them. */
export function Player({ label, load }: { label: string; load: () => Promise<Blob> }) {
  const [url, setUrl] = useState<string | null>(null)
  const [loading, setLoading] = useState(false)
  const [error, setError] = useState<Error | null>(null)
  useEffect(() => () => void (url && URL.revokeObjectURL(url)), [url])
  async function play() {
    setLoading(true)
    setError(null)
    try {
      setUrl(URL.createObjectURL(await load()))
    } catch (problem) {
      setError(problem instanceof Error ? problem : new Error(String(problem)))
    } finally {
      setLoading(false)
    }
  }
  if (url)
    return (
      // biome-ignore lint/a11y/useMediaCaption: the transcript stands beside it where Dialpad made one
      <audio controls autoPlay src={url} aria-label={label} />
    )
  return (
    <>
      <Button small busy={loading} onClick={play} label={label}>
        {loading ? 'Loading…' : '▶ Play'}
      </Button>
      <Problem error={error} />
    </>
  )
}

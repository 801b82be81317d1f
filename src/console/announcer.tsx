import { useEffect, useState } from 'react'
import { otherName } from './call-parts'
import { useLive } from './tracker'

/** Announces each new call to screen readers. */
export function CallAnnouncer() {
  const tracker = useLive()?.tracker
  const [text, setText] = useState('')
  useEffect(
    () =>
      tracker?.on('change', ({ call, previous }) => {
        if (previous !== null || call.status !== 'ringing') return
        setText(`${call.direction === 'inbound' ? 'New call from' : 'New call to'} ${otherName(call)}`)
      }),
    [tracker],
  )
  return (
    <div className="hidden" role="status" aria-live="polite" data-announcer="calls">
      {text}
    </div>
  )
}

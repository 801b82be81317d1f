import { useHealth } from '../health'
import { Notice, Panel } from '../ui'

/** Problems at Dialpad found by the last check. The deliveries panel below offers the repair. */
export function Troubles() {
  const troubles = (useHealth().data?.warnings ?? []).filter(
    ({ code }) => code.startsWith('dialpad_') || code === 'secret_unreadable',
  )
  return (
    <Panel title="Troubles">
      <div className="panel-body">
        {troubles.length === 0 ? (
          <p className="muted">None found. The server checks its registrations at Dialpad once an hour.</p>
        ) : (
          troubles.map(({ code, message, action, subject }) => (
            <Notice tone="warn" key={`${code} ${subject ?? message}`}>
              <span>
                <strong>{message}</strong> {action}
              </span>
            </Notice>
          ))
        )}
      </div>
    </Panel>
  )
}

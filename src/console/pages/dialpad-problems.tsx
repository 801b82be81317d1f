import { useHealth } from '../health'
import { Notice, Panel } from '../ui'

/** Problems at Dialpad found by the last check. The deliveries panel below offers the repair. */
export function Problems() {
  const problems = (useHealth().data?.warnings ?? []).filter(
    ({ code }) => code.startsWith('dialpad_') || code === 'secret_unreadable',
  )
  return (
    <Panel title="Problems">
      <div className="panel-body">
        {problems.length === 0 ? (
          <p className="muted">
            No known problems. The server checks its webhooks and subscriptions at Dialpad once an hour.
          </p>
        ) : (
          problems.map(({ code, message, action, subject }) => (
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

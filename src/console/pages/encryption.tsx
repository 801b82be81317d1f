import { useState } from 'react'
import { admin, read, type Schemas } from '../api'
import { count } from '../format'
import { useHealth } from '../health'
import { useAction } from '../queries'
import { Button, Notice, Panel, Problem } from '../ui'

/** Shows which keys the stored secrets are encrypted with, and re-encrypts them to retire an old key. */
export function Encryption({ keyOrigin }: { keyOrigin: string | undefined }) {
  const unreadable = (useHealth().data?.warnings ?? []).filter(({ code }) => code === 'secret_unreadable')
  const [done, setDone] = useState<Schemas['Resealed'] | null>(null)
  const reseal = useAction(async () => setDone(await read(admin.POST('/internal/encryption/reseal'))))
  return (
    <Panel
      title="Encryption"
      actions={
        <Button small busy={reseal.running} onClick={() => void reseal.run()}>
          {reseal.running ? 'Encrypting…' : 'Encrypt again with the first key'}
        </Button>
      }
    >
      <div className="panel-body">
        <p className="muted">
          Dialpad tokens and signing secrets are encrypted with{' '}
          {keyOrigin === 'generated' ? (
            'a key derived from the admin secret of this sandbox'
          ) : (
            <code>ENCRYPTION_KEY</code>
          )}
          . To retire a key, add the new key before it, restart the server, and encrypt again.
        </p>
        {unreadable.map(({ message, action, subject }) => (
          <Notice tone="bad" key={subject ?? message}>
            <span>
              <strong>{message}</strong> {action}
            </span>
          </Notice>
        ))}
        <Problem error={reseal.error} />
        {done && (
          <Notice tone={done.unreadable > 0 || !done.old_keys_removable ? 'warn' : 'ok'}>
            {count(done.current)} {done.current === 1 ? 'secret is' : 'secrets are'} encrypted with the first key.
            {done.unreadable > 0 && ` ${count(done.unreadable)} cannot be decrypted with any key.`}
            {done.old_keys_removable ? ' Older keys can be removed.' : ' Run it again: some secrets changed meanwhile.'}
          </Notice>
        )}
      </div>
    </Panel>
  )
}

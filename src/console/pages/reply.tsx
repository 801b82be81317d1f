import { type FormEvent, type KeyboardEvent, useState } from 'react'
import { ActingUserField, useActingUser } from '../acting-user'
import { admin, read } from '../api'
import { useDialpadAccess } from '../dialpad-access'
import { Link } from '../navigation'
import { useAction } from '../queries'
import { Button, Field, Problem } from '../ui'

const MAX_CHARS = 1600

/** Sends a text as one of the Dialpad users. The text remains in the field until Dialpad accepts it. */
export function Reply({ appId, to }: { appId: string; to: string }) {
  const canSend = useDialpadAccess(appId)
  const [userId, setUserId] = useActingUser(appId)
  const [text, setText] = useState('')
  const send = useAction(async (dialpad_user_id: number) => {
    const body = { to_numbers: [to], text: text.trim(), dialpad_user_id }
    await read(admin.POST('/internal/apps/{app_id}/messages', { params: { path: { app_id: appId } }, body }))
    setText('')
  })
  function submit(event: FormEvent) {
    event.preventDefault()
    if (userId !== null && text.trim() !== '') void send.run(userId)
  }
  function submitByKey(event: KeyboardEvent<HTMLTextAreaElement>) {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
    event.preventDefault()
    if (!send.running) event.currentTarget.form?.requestSubmit()
  }
  if (!/^\+\d+$/.test(to) || canSend === undefined) return null
  if (!canSend)
    return (
      <p className="reply muted">
        To reply from here, <Link to="dialpad">connect Dialpad</Link>.
      </p>
    )
  return (
    <form className="reply" onSubmit={submit}>
      <Field label="Reply" hint={text.length > MAX_CHARS / 2 ? `${text.length} of ${MAX_CHARS} characters` : ''}>
        <textarea
          value={text}
          rows={2}
          required
          maxLength={MAX_CHARS}
          dir="auto"
          onChange={(event) => setText(event.target.value)}
          onKeyDown={submitByKey}
        />
      </Field>
      <Problem error={send.error} />
      <div className="row">
        <ActingUserField appId={appId} label="Send as" userId={userId} onChoose={setUserId} />
        <Button type="submit" kind="primary" busy={send.running}>
          {send.running ? 'Sending…' : 'Send'}
        </Button>
      </div>
    </form>
  )
}

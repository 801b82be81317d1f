import { type FormEvent, useState } from 'react'
import { ActingUserField, useActingUser } from './acting-user'
import { admin, read } from './api'
import { useDialpadAccess } from './dialpad-access'
import { number } from './format'
import { useAction } from './queries'
import { toast } from './toasts'
import { Button, Dialog, Problem } from './ui'

interface CallBackProps {
  appId: string
  to: string | null
  name: string
  customerId?: string | null
  small?: boolean
}

/** Calls through Dialpad if the app has access to it. Otherwise opens the number in the computer's phone app. */
export function CallBack({ appId, to, name, customerId = null, small = false }: CallBackProps) {
  const canCall = useDialpadAccess(appId)
  const [asking, setAsking] = useState(false)
  if (!to || !/^\+\d+$/.test(to)) return null
  if (canCall === false)
    return (
      <a className={small ? 'button small' : 'button'} href={`tel:${to}`}>
        Call back
      </a>
    )
  return (
    <>
      <Button small={small} busy={canCall === undefined} onClick={() => setAsking(true)}>
        Call back
      </Button>
      {asking && (
        <CallDialog appId={appId} to={to} name={name} customerId={customerId} onClose={() => setAsking(false)} />
      )}
    </>
  )
}

interface CallDialogProps {
  appId: string
  to: string
  name: string
  customerId: string | null
  onClose: () => void
}

function CallDialog({ appId, to, name, customerId, onClose }: CallDialogProps) {
  const [userId, setUserId] = useActingUser(appId)
  const call = useAction(async (dialpad_user_id: number) => {
    const body = { phone_number: to, dialpad_user_id, ...(customerId && { customer_id: customerId }) }
    await read(admin.POST('/internal/apps/{app_id}/calls', { params: { path: { app_id: appId } }, body }))
    toast(`Dialpad calls ${name}. Answer on your phone.`)
    onClose()
  })
  function submit(event: FormEvent) {
    event.preventDefault()
    if (userId !== null) void call.run(userId)
  }
  return (
    <Dialog title={`Call ${name}`} onClose={onClose}>
      <form className="stack" onSubmit={submit}>
        <p>
          Dialpad rings the phones of the user you choose and, after the answer, dials <bdi>{number(to)}</bdi>.
        </p>
        <ActingUserField appId={appId} label="User who calls" userId={userId} onChoose={setUserId} />
        <Problem error={call.error} />
        <div className="row">
          <a className="button" href={`tel:${to}`}>
            Use the phone of this computer
          </a>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" busy={call.running}>
            {call.running ? 'Calling…' : 'Call'}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

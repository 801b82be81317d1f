import { type ReactNode, useEffect, useId, useRef, useState } from 'react'
import { CtiError } from '../sdk/cti-error'
import type { Tone } from './format'

export function PageHead({ title, children, actions }: { title: string; children?: ReactNode; actions?: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · CTI server`
  }, [title])
  return (
    <header className="page-head">
      <div>
        <h1>{title}</h1>
        {children && <p>{children}</p>}
      </div>
      {actions && <div className="row">{actions}</div>}
    </header>
  )
}

export function Panel({ title, actions, children }: { title?: string; actions?: ReactNode; children: ReactNode }) {
  const id = useId()
  return (
    <section className="panel" aria-labelledby={title ? id : undefined}>
      {title && (
        <header>
          <h2 id={id}>{title}</h2>
          {actions}
        </header>
      )}
      {children}
    </section>
  )
}

export const Chip = ({ tone = 'plain', children }: { tone?: Tone; children: ReactNode }) => (
  <span className="chip" data-tone={tone}>
    {children}
  </span>
)

interface ButtonProps {
  kind?: 'primary' | 'danger' | 'plain'
  small?: boolean
  type?: 'button' | 'submit'
  busy?: boolean
  disabled?: boolean
  label?: string
  onClick?: () => void
  children: ReactNode
}

export const Button = ({ kind, small, type = 'button', busy, disabled, label, onClick, children }: ButtonProps) => (
  <button
    type={type}
    className={small ? 'button small' : 'button'}
    data-kind={kind}
    disabled={disabled}
    aria-disabled={busy}
    aria-label={label}
    onClick={busy ? undefined : onClick}
  >
    {children}
  </button>
)

export function Empty({ title, children, actions }: { title: string; children?: ReactNode; actions?: ReactNode }) {
  return (
    <div className="empty">
      <strong>{title}</strong>
      {children && <p>{children}</p>}
      {actions && <div className="row">{actions}</div>}
    </div>
  )
}

export const Notice = ({ tone = 'info', children }: { tone?: Tone; children: ReactNode }) => (
  <div className="notice" data-tone={tone} role={tone === 'bad' ? 'alert' : 'status'}>
    {children}
  </div>
)

export function Problem({ error, retry }: { error: Error | null; retry?: () => void }) {
  if (!error) return null
  return (
    <Notice tone="bad">
      <span>
        {error.message}
        {error instanceof CtiError && error.status >= 500 && error.requestId && (
          <>
            {' '}
            <code>{error.requestId}</code>
          </>
        )}
      </span>
      {retry && (
        <Button small onClick={retry}>
          Try again
        </Button>
      )}
    </Notice>
  )
}

interface FieldProps {
  label: string
  hint?: string
  /** Twice as wide as its neighbors. */
  wide?: boolean | undefined
  children: ReactNode
}

export function Field({ label, hint, wide, children }: FieldProps) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is the child
    <label className="field" data-wide={wide}>
      {label}
      {children}
      {hint && <small>{hint}</small>}
    </label>
  )
}

/** A table that scrolls horizontally, also by keyboard. */
export function Table({ label, head, children }: { label: string; head: ReactNode; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    // biome-ignore lint/a11y/useSemanticElements: it is no set of form fields
    <div role="group" className="table" tabIndex={0} aria-label={label}>
      <table>
        <thead>
          <tr>{head}</tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  )
}

interface DialogProps {
  title: string
  onClose: () => void
  /** False if closing loses data. Escape then does nothing. */
  dismissible?: boolean
  wide?: boolean
  children: ReactNode
}

/** Returns the focus to the element that opened the dialog, or to the page's heading if it is gone. */
export function Dialog({ title, onClose, dismissible = true, wide, children }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const opener = document.activeElement
    ref.current?.showModal()
    return () => {
      setTimeout(() => {
        if (document.activeElement && document.activeElement !== document.body) return
        const back = opener instanceof HTMLElement && opener.isConnected && opener !== document.body ? opener : null
        ;(back ?? document.querySelector<HTMLElement>('main'))?.focus()
      })
    }
  }, [])
  return (
    <dialog
      ref={ref}
      aria-labelledby={id}
      data-wide={wide}
      onClose={onClose}
      onCancel={(event) => !dismissible && event.preventDefault()}
      onKeyDown={(event) => event.key === 'Escape' && !dismissible && event.preventDefault()}
    >
      <div>
        <h2 id={id}>{title}</h2>
        {children}
      </div>
    </dialog>
  )
}

interface ConfirmProps {
  title: string
  /** The action and its consequences. */
  children: ReactNode
  action: string
  /** Text to type before an action that deletes data. */
  typed?: string
  onConfirm: () => Promise<unknown>
  onClose: () => void
}

/** Asks for confirmation of an action that cannot be undone. */
export function Confirm({ title, children, action, typed, onConfirm, onClose }: ConfirmProps) {
  const [text, setText] = useState('')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<Error | null>(null)
  async function confirm() {
    setBusy(true)
    try {
      await onConfirm()
      onClose()
    } catch (problem) {
      setError(problem instanceof Error ? problem : new Error(String(problem)))
      setBusy(false)
    }
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <div>{children}</div>
      {typed !== undefined && (
        <Field label={`Type “${typed}” to confirm`}>
          <input value={text} onChange={(event) => setText(event.target.value)} autoComplete="off" />
        </Field>
      )}
      <Problem error={error} />
      <div className="row">
        <Button onClick={onClose}>Cancel</Button>
        <Button kind="danger" busy={busy} disabled={typed !== undefined && text !== typed} onClick={confirm}>
          {action}
        </Button>
      </div>
    </Dialog>
  )
}

/** A secret that is shown once. */
export function Secret({ label, value }: { label: string; value: string }) {
  const [copied, setCopied] = useState(false)
  const ref = useRef<HTMLElement>(null)
  async function copy() {
    try {
      await navigator.clipboard.writeText(value)
      setCopied(true)
    } catch {
      if (ref.current) getSelection()?.selectAllChildren(ref.current)
    }
  }
  return (
    <div className="secret">
      <code ref={ref}>{value}</code>
      <Button small label={`${copied ? 'Copied' : 'Copy'} ${label}`} onClick={copy}>
        {copied ? 'Copied' : 'Copy'}
      </Button>
    </div>
  )
}

/** Placeholder while loading. */
export const Loading = () => (
  <div className="loading" role="status" aria-label="Loading">
    <i className="skeleton" />
    <i className="skeleton" />
    <i className="skeleton" />
  </div>
)

export const SkeletonRows = ({ columns }: { columns: number }) => (
  <div className="loading skeleton-rows" role="status" aria-label="Loading">
    {Array.from({ length: 8 }, (_, row) => (
      <div key={row}>
        {Array.from({ length: columns }, (_, column) => (
          <i className="skeleton" key={column} />
        ))}
      </div>
    ))}
  </div>
)

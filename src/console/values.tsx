import { useState } from 'react'
import { exactTime, when } from './format'
import { CheckIcon, CopyIcon } from './icons'

/** Shows a relative time, with the exact time and zone as its tooltip. */
export function Time({ at, format = when }: { at: string | null | undefined; format?: (at: string) => string }) {
  if (!at) return <>–</>
  return (
    <time dateTime={at} title={exactTime(at)}>
      {format(at)}
    </time>
  )
}

/** Copies a value to the clipboard. @param label name of the value, such as `the call id`. */
export function CopyButton({ value, label }: { value: string | number; label: string }) {
  const [copied, setCopied] = useState(false)
  async function copy() {
    await navigator.clipboard.writeText(String(value))
    setCopied(true)
    setTimeout(() => setCopied(false), 1500)
  }
  return (
    <button
      type="button"
      className="copy"
      aria-label={copied ? `Copied ${label}` : `Copy ${label}`}
      title={copied ? 'Copied' : `Copy ${label}`}
      onClick={(event) => {
        event.stopPropagation()
        void copy().catch(() => setCopied(false))
      }}
    >
      {copied ? <CheckIcon /> : <CopyIcon />}
    </button>
  )
}

/** An id on one line, shortened in the middle. The tooltip and the copy contain all of it. */
export function Id({ value, label = 'the id' }: { value: string | number; label?: string }) {
  const text = String(value)
  return (
    <span className="id">
      <code title={text}>{text.length > 18 ? `${text.slice(0, 8)}…${text.slice(-6)}` : text}</code>
      <CopyButton value={value} label={label} />
    </span>
  )
}

/** A value with a copy button. */
export function Copyable({
  value,
  label,
  shown,
  mono,
}: {
  value: string
  label: string
  shown?: string
  mono?: boolean
}) {
  return (
    <span className="id">
      <span className={mono ? 'mono' : undefined} title={value}>
        {shown ?? value}
      </span>
      <CopyButton value={value} label={label} />
    </span>
  )
}

import { useState } from 'react'
import { serverNow } from './clock'
import { TIME_ZONE } from './format'
import { useHealth } from './health'
import { setParams, usePlace } from './navigation'
import { Field } from './ui'

const PRESETS: [name: string, title: string, days: [from: number, to: number] | null][] = [
  ['', 'Any time', null],
  ['today', 'Today', [0, 1]],
  ['yesterday', 'Yesterday', [-1, 0]],
  ['7d', 'Last 7 days', [-6, 1]],
  ['30d', 'Last 30 days', [-29, 1]],
  ['90d', 'Last 90 days', [-89, 1]],
]
export const CUSTOM = 'custom'
const DAY = /^\d{4}-\d\d-\d\d$/

/** Returns the start of a day in the browser's time zone, some days from `now`. */
export function startOfDay(now: Date, days: number): Date {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + days)
}

/** Returns the start of a day such as `2026-01-29`, or null for an invalid day. */
export function dayOf(text: string | null, days = 0): Date | null {
  if (!text || !DAY.test(text)) return null
  const [year, month, day] = text.split('-').map(Number) as [number, number, number]
  // Otherwise February 31 would be a day in March.
  if (new Date(year, month - 1, day).getDate() !== day || month > 12) return null
  return new Date(year, month - 1, day + days)
}

/**
 * Converts the `range` of the address (a preset, or `custom` with the days `since` and `until`) in the browser's time zone.
 * @returns ISO instants, without an open end.
 */
export function useRange(): { from?: string; to?: string } {
  const { params } = usePlace()
  // Renders again when the server's clock is known.
  useHealth()
  const now = new Date(serverNow())
  const name = params.get('range') ?? ''
  const days = PRESETS.find(([preset]) => preset === name)?.[2]
  const from = name === CUSTOM ? dayOf(params.get('since')) : days && startOfDay(now, days[0])
  const to = name === CUSTOM ? dayOf(params.get('until'), 1) : days && startOfDay(now, days[1])
  return { ...(from && { from: from.toISOString() }), ...(to && { to: to.toISOString() }) }
}

/** Selects a preset or two days, and shows the time zone. */
export function DateRange() {
  const { params } = usePlace()
  const chosen = params.get('range') ?? ''
  const [custom, setCustom] = useState(false)
  const isCustom = custom || chosen === CUSTOM
  function choose(name: string) {
    setCustom(name === CUSTOM)
    if (name !== CUSTOM) setParams({ range: name, since: '', until: '', cursor: '' })
  }
  return (
    <>
      <Field label={`Date (${TIME_ZONE})`}>
        <select value={isCustom ? CUSTOM : chosen} onChange={(event) => choose(event.target.value)}>
          {PRESETS.map(([name, title]) => (
            <option key={name} value={name}>
              {title}
            </option>
          ))}
          <option value={CUSTOM}>From … to …</option>
        </select>
      </Field>
      {isCustom && <DayFields param="range" />}
    </>
  )
}

interface DayFieldsProps {
  /** The URL parameter that is `custom` if two days are chosen. */
  param: string
}

/** The first and the last day of a range, kept in the address. */
export const DayFields = ({ param }: DayFieldsProps) => (
  <>
    <DayField param={param} name="since" label="First day" />
    <DayField param={param} name="until" label="Last day" />
  </>
)

function DayField({ param, name, label }: DayFieldsProps & { name: 'since' | 'until'; label: string }) {
  const value = usePlace().params.get(name) ?? ''
  return (
    <Field label={label}>
      <input
        type="date"
        defaultValue={value}
        onChange={(event) => setParams({ [param]: CUSTOM, [name]: event.target.value, cursor: '' })}
      />
    </Field>
  )
}

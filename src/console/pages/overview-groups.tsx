import { Bars } from '../bars'
import type { AnalyticsRow } from '../figures'
import { count, duration, percent } from '../format'
import { Panel, Table } from '../ui'

export const userName = (row: AnalyticsRow) =>
  row.user_id ?? (row.dialpad_user_id ? `Dialpad user ${row.dialpad_user_id}` : 'Nobody')
export const targetName = (row: AnalyticsRow) => (row.target ? `${row.target.name ?? row.target.id}` : 'Unknown')

export const rounded = (seconds: number | null | undefined) => (seconds == null ? null : Math.round(seconds))

const MAX_GROUPS = 25
const MAX_PLOTTED = 8

interface GroupsProps {
  /** What the rows are grouped by, in words. */
  by: string
  head: string
  rows: AnalyticsRow[]
  nameOf: (row: AnalyticsRow) => string
}

const keyOf = (row: AnalyticsRow) => `${row.dialpad_user_id ?? ''} ${row.target?.type ?? ''} ${row.target?.id ?? ''}`

/** The busiest groups: wait and talk times as plots, and all figures as a table. */
export function Groups({ by, head, rows, nameOf }: GroupsProps) {
  if (rows.length === 0) return null
  const plotted = (values: (row: AnalyticsRow) => (number | null)[]) =>
    rows.slice(0, MAX_PLOTTED).map((row) => ({ key: keyOf(row), name: nameOf(row), values: values(row).map(rounded) }))
  return (
    <Panel title={`By ${by}`}>
      <div className="panel-body columns">
        <Bars
          title={`Wait by ${by}`}
          unit={duration}
          series={[
            { label: 'average', color: '--cti-info' },
            { label: 'longest', color: '--cti-warn' },
          ]}
          rows={plotted((row) => [row.average_speed_of_answer_seconds, row.longest_wait_seconds])}
        />
        <Bars
          title={`Talk by ${by}`}
          unit={duration}
          series={[
            { label: 'average talk', color: '--cti-accent' },
            { label: 'average hold', color: '--cti-muted' },
          ]}
          rows={plotted((row) => [row.average_talk_seconds, row.average_hold_seconds])}
        />
      </div>
      <Table
        label={`By ${by}`}
        head={
          <>
            <th scope="col">{head}</th>
            <th scope="col" className="number">
              Calls
            </th>
            <th scope="col" className="number">
              Answered
            </th>
            <th scope="col" className="number wide-only">
              Missed
            </th>
            <th scope="col" className="number wide-only">
              Wait
            </th>
            <th scope="col" className="number">
              Talk
            </th>
          </>
        }
      >
        {rows.slice(0, MAX_GROUPS).map((row) => (
          <tr key={keyOf(row)}>
            <td>
              <bdi>{nameOf(row)}</bdi>
              {row.target && <span className="sub">{row.target.type.replace('_', ' ')}</span>}
            </td>
            <td className="number" data-label="Calls">
              {count(row.offered)}
            </td>
            <td className="number" data-label="Answered">
              {percent(row.answer_rate)}
            </td>
            <td className="number wide-only">{count(row.missed)}</td>
            <td className="number wide-only">{duration(rounded(row.average_speed_of_answer_seconds))}</td>
            <td className="number" data-label="Talk">
              {duration(rounded(row.average_talk_seconds))}
            </td>
          </tr>
        ))}
      </Table>
    </Panel>
  )
}

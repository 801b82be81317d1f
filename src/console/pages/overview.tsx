import { useQuery } from '@tanstack/react-query'
import { useApps } from '../apps'
import { serverNow } from '../clock'
import { CUSTOM, DayFields } from '../date-range'
import { type AnalyticsRow, type Interval, isPeriod, loadPeriod, PERIODS, type PeriodFigures, spanOf } from '../figures'
import { count, dayName, duration, hourTime, percent, TIME_ZONE } from '../format'
import { useHealth } from '../health'
import { setParams, usePlace } from '../navigation'
import { NoApp } from '../no-app'
import { Plot } from '../plot'
import { OnCallNow } from '../presence'
import { Empty, Field, Loading, PageHead, Panel, Problem } from '../ui'
import { Groups, rounded, targetName, userName } from './overview-groups'

/** Steps of an axis in seconds that are also round in minutes. */
const SECONDS = [5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200]

/** Figures of a period, compared with the previous one. */
export function OverviewPage() {
  const { app } = useApps()
  const { params } = usePlace()
  // Renders again when the server's clock is known.
  useHealth()
  const span = spanOf(params, serverNow())
  const chosen = params.get('period')
  const query = useQuery({
    queryKey: ['calls', app?.app_id, 'overview', span.from.getTime(), span.to.getTime()],
    // biome-ignore lint/style/noNonNullAssertion: enabled only with an app
    queryFn: () => loadPeriod(app!.app_id, span),
    enabled: app !== null,
    refetchInterval: 60_000,
    placeholderData: (before) => before,
  })
  if (!app) return <NoApp title="Overview" />
  return (
    <>
      <PageHead
        title="Overview"
        actions={
          <div className="period">
            <Field label="Period">
              <select
                value={chosen === CUSTOM || isPeriod(chosen) ? chosen : 'week'}
                onChange={(event) => setParams({ period: event.target.value, since: '', until: '' })}
              >
                {Object.entries(PERIODS).map(([name, { title }]) => (
                  <option key={name} value={name}>
                    {title}
                  </option>
                ))}
                <option value={CUSTOM}>From … to …</option>
              </select>
            </Field>
            {chosen === CUSTOM && <DayFields param="period" />}
          </div>
        }
      >
        Conversations of {app.app_name}, in {TIME_ZONE} time, compared with the period before.
      </PageHead>
      <OnCallNow app={app} />
      <Problem error={query.error} retry={() => void query.refetch()} />
      {query.data ? <Figures interval={span.interval} figures={query.data} /> : query.error ? null : <Loading />}
    </>
  )
}

function Figures({ interval, figures }: { interval: Interval; figures: PeriodFigures }) {
  const { rows, before, total, totalBefore } = figures
  const times = rows.map(({ start }) => Date.parse(start))
  const tick = interval === 'hour' ? hourTime : dayName
  const per = { hour: 'hour', day: 'day', week: 'week' }[interval]
  const of = (value: (row: AnalyticsRow) => number | null) => rows.map(value)
  const compared = (value: (row: AnalyticsRow) => number | null) =>
    rows.map((_, index) => (before[index] ? value(before[index]) : null))
  if ((total?.offered ?? 0) === 0 && (totalBefore?.offered ?? 0) === 0)
    return (
      <Panel>
        <Empty title="No calls in this period">
          Figures appear with the first call. Choose a longer period to look further back.
        </Empty>
      </Panel>
    )
  return (
    <>
      <Tiles total={total} before={totalBefore} />
      <div className="columns">
        <Panel>
          <div className="panel-body">
            <Plot
              title={`Calls per ${per}`}
              now={`${count(total?.offered ?? 0)} in all`}
              unit={count}
              least={4}
              times={times}
              tick={tick}
              series={[
                { label: 'all calls', color: '--cti-accent', style: 'bars', values: of((row) => row.offered) },
                {
                  label: 'not answered',
                  color: '--cti-danger',
                  style: 'bars',
                  values: of((row) => row.offered - row.answered),
                },
                {
                  label: 'all, period before',
                  color: '--cti-muted',
                  style: 'dashed',
                  values: compared((row) => row.offered),
                },
              ]}
            />
          </div>
        </Panel>
        <Panel>
          <div className="panel-body">
            <Plot
              title="Answer rate"
              now={percent(total?.answer_rate)}
              unit={percent}
              least={1}
              times={times}
              tick={tick}
              series={[
                { label: 'this period', color: '--cti-ok', values: of((row) => row.answer_rate) },
                {
                  label: 'period before',
                  color: '--cti-muted',
                  style: 'dashed',
                  values: compared((row) => row.answer_rate),
                },
              ]}
            />
          </div>
        </Panel>
        <Panel>
          <div className="panel-body">
            <Plot
              title="Wait until answered"
              now={`${duration(rounded(total?.average_speed_of_answer_seconds))} on average`}
              unit={duration}
              steps={SECONDS}
              least={10}
              times={times}
              tick={tick}
              series={[
                { label: 'average', color: '--cti-info', values: of((row) => row.average_speed_of_answer_seconds) },
                {
                  label: 'longest',
                  color: '--cti-warn',
                  values: of((row) => (row.offered > 0 ? row.longest_wait_seconds : null)),
                },
              ]}
            />
          </div>
        </Panel>
        <Panel>
          <div className="panel-body">
            <Plot
              title="Talk time"
              now={`${duration(rounded(total?.average_talk_seconds))} on average`}
              unit={duration}
              steps={SECONDS}
              least={60}
              times={times}
              tick={tick}
              series={[
                { label: 'this period', color: '--cti-accent', values: of((row) => row.average_talk_seconds) },
                {
                  label: 'period before',
                  color: '--cti-muted',
                  style: 'dashed',
                  values: compared((row) => row.average_talk_seconds),
                },
              ]}
            />
          </div>
        </Panel>
      </div>
      <Groups by="user" head="User" rows={figures.users} nameOf={userName} />
      <Groups by="number and queue" head="Called" rows={figures.targets} nameOf={targetName} />
    </>
  )
}

function Tiles({ total, before }: { total: AnalyticsRow | null; before: AnalyticsRow | null }) {
  const missed = (row: AnalyticsRow | null) => (row ? row.missed + row.abandoned + row.voicemail : 0)
  const tiles: [title: string, value: string, change: number | null, moreIsBetter: boolean | null, unit?: string][] = [
    ['Calls', count(total?.offered ?? 0), change(total?.offered, before?.offered), null],
    ['Answered', percent(total?.answer_rate), difference(total?.answer_rate, before?.answer_rate), true, ' points'],
    ['Not answered', count(missed(total)), change(missed(total), missed(before)), false],
    [
      'Wait',
      duration(rounded(total?.average_speed_of_answer_seconds)),
      change(total?.average_speed_of_answer_seconds, before?.average_speed_of_answer_seconds),
      false,
    ],
    [
      'Talk',
      duration(rounded(total?.average_talk_seconds)),
      change(total?.average_talk_seconds, before?.average_talk_seconds),
      null,
    ],
    ['Texts in', count(total?.messages_in ?? 0), change(total?.messages_in, before?.messages_in), null],
    ['Texts out', count(total?.messages_out ?? 0), change(total?.messages_out, before?.messages_out), null],
  ]
  return (
    <dl className="tiles">
      {tiles.map(([title, value, delta, moreIsBetter, unit]) => (
        <div key={title}>
          <dt>{title}</dt>
          <dd>{value}</dd>
          <dd className="tile-note">
            <Delta value={delta} moreIsBetter={moreIsBetter} unit={unit} />
          </dd>
        </div>
      ))}
    </dl>
  )
}

/** Returns the relative change. Null without a previous value. */
const change = (now: number | null | undefined, before: number | null | undefined): number | null =>
  now == null || !before ? null : (now - before) / before
/** Returns the change of a share in percentage points. */
const difference = (now: number | null | undefined, before: number | null | undefined): number | null =>
  now == null || before == null ? null : now - before

function Delta({
  value,
  moreIsBetter,
  unit,
}: {
  value: number | null
  moreIsBetter: boolean | null
  unit?: string | undefined
}) {
  if (value === null) return <>none before</>
  if (Math.abs(value) < 0.005) return <>as before</>
  const tone = moreIsBetter === null ? 'plain' : value > 0 === moreIsBetter ? 'ok' : 'bad'
  return (
    <span className="delta" data-tone={tone}>
      {value > 0 ? '↑' : '↓'} {unit ? `${(100 * Math.abs(value)).toFixed(1)}${unit}` : percent(Math.abs(value))}
    </span>
  )
}

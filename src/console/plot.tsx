import { useEffect, useMemo, useRef } from 'react'
import uPlot from 'uplot'

export interface Series {
  label: string
  /** Name of a CSS custom property. */
  color: string
  values: (number | null)[]
  /** Dashed is for the compared values. */
  style?: 'line' | 'bars' | 'dashed'
}

export interface PlotProps {
  title: string
  /** Summary of the plot in words. */
  now: string
  unit: (value: number) => string
  /** ms since the epoch. */
  times: number[]
  /** Formats a time of the x axis. */
  tick: (at: number) => string
  series: Series[]
  /** Minimum upper end of the y axis. */
  least?: number
  /** Distances between two ticks of the y axis to choose from. The default is round numbers. */
  steps?: number[]
}

const MIN_TICK_PX = 84
const ROW_PX = 24

/** Plots values over time, with a legend. With values at fewer than two times, shows a note instead of an empty grid. */
export function Plot({ title, now, series, ...rest }: PlotProps) {
  const isEmpty = rest.times.length < 2 || series.every(({ values }) => values.every((value) => value === null))
  return (
    <figure className="plot">
      <figcaption>
        <span className="plot-title">{title}</span>
        {!isEmpty && <strong>{now}</strong>}
        {!isEmpty && series.length > 1 && (
          <span className="legend">
            {series.map(({ label, color, style }) => (
              <span key={label}>
                <i data-style={style} style={{ background: `var(${color})` }} />
                {label}
              </span>
            ))}
          </span>
        )}
      </figcaption>
      {isEmpty ? (
        <p className="plot-empty">No data yet.</p>
      ) : (
        <Canvas title={title} now={now} series={series} {...rest} />
      )}
    </figure>
  )
}

function Canvas({ title, now, unit, times, tick, series, least = 0, steps }: PlotProps) {
  const box = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  const latest = useRef({ unit, tick, least, steps })
  latest.current = { unit, tick, least, steps }
  const shape = series.map(({ label, color, style = 'line' }) => `${label}|${color}|${style}`).join('\n')
  const data = useMemo(() => [times, ...series.map(({ values }) => values)] as uPlot.AlignedData, [times, series])
  const shown = useRef(data)
  shown.current = data

  useEffect(() => {
    const element = box.current
    if (!element) return
    const build = () => {
      plot.current?.destroy()
      plot.current = new uPlot(optionsOf(element, shape, latest), shown.current, element)
    }
    build()
    const resized = new ResizeObserver(() =>
      plot.current?.setSize({ width: element.clientWidth, height: element.clientHeight }),
    )
    resized.observe(element)
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    scheme.addEventListener('change', build)
    const theme = new MutationObserver(build)
    theme.observe(document.documentElement, { attributeFilter: ['data-theme'] })
    return () => {
      resized.disconnect()
      theme.disconnect()
      scheme.removeEventListener('change', build)
      plot.current?.destroy()
      plot.current = null
    }
  }, [shape])

  useEffect(() => {
    plot.current?.setData(data)
  }, [data])

  return <div className="plot-box" ref={box} role="img" aria-label={`${title}: ${now}`} />
}

function optionsOf(
  element: HTMLElement,
  shape: string,
  latest: { current: Pick<PlotProps, 'unit' | 'tick' | 'least'> & { steps: number[] | undefined } },
): uPlot.Options {
  // A canvas cannot use light-dark(), so a probe element resolves it.
  const probe = document.body.appendChild(document.createElement('i'))
  const color = (name: string) => {
    probe.style.color = `var(${name})`
    return getComputedStyle(probe).color
  }
  const axis = {
    stroke: color('--cti-muted'),
    grid: { stroke: color('--cti-border'), width: 1 },
    ticks: { show: false },
    font: `11px ${getComputedStyle(document.body).fontFamily}`,
  }
  const bars = uPlot.paths.bars?.({ size: [0.7, 40] })
  const options: uPlot.Options = {
    width: element.clientWidth,
    height: element.clientHeight,
    ms: 1,
    legend: { show: false },
    cursor: { show: false },
    scales: {
      // Otherwise half of the first and last bar would be cut off.
      x: {
        range: ({ data }, min, max) => {
          const half = shape.includes('|bars') ? (max - min) / Math.max(1, data[0].length - 1) / 2 : 0
          return [min - half, max + half]
        },
      },
      y: { range: (_, __, max) => [0, Math.max(latest.current.least ?? 0, max * 1.1) || 1] },
    },
    axes: [
      { ...axis, space: MIN_TICK_PX, size: 26, values: (_, ticks) => ticks.map((at) => latest.current.tick(at)) },
      {
        ...axis,
        size: 56,
        space: ROW_PX,
        ...(latest.current.steps && { incrs: latest.current.steps }),
        values: (_, ticks) => ticks.map((tick) => latest.current.unit(tick)),
      },
    ],
    series: [
      {},
      ...shape.split('\n').map((one): uPlot.Series => {
        const [label = '', name = '', style] = one.split('|')
        const stroke = color(name)
        const base = { label, stroke, points: { show: false } }
        if (style === 'bars') return { ...base, width: 0, fill: stroke, ...(bars && { paths: bars }) }
        return { ...base, width: 2, ...(style === 'dashed' && { dash: [5, 5], width: 1.5 }) }
      }),
    ],
  }
  probe.remove()
  return options
}

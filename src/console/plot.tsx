import { useEffect, useRef } from 'react'
import uPlot from 'uplot'

export interface Series {
  label: string
  /** A custom property of the style sheet. */
  color: string
  values: (number | null)[]
}

interface PlotProps {
  title: string
  /** The newest value, in words. */
  now: string
  unit: (value: number) => string
  /** Seconds since the epoch. */
  times: number[]
  series: Series[]
}

const clock = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
})

/** A line that moves as samples come in. */
export function Plot({ title, now, unit, times, series }: PlotProps) {
  const box = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  const latest = useRef({ unit })
  latest.current = { unit }
  const shape = series.map(({ label, color }) => `${label}|${color}`).join(',')

  useEffect(() => {
    const element = box.current!
    const build = () => {
      plot.current?.destroy()
      const styles = getComputedStyle(document.documentElement)
      // A canvas does not know light-dark(): a probe element resolves it.
      const probe = document.body.appendChild(document.createElement('i'))
      const color = (name: string) => {
        probe.style.color = `var(${name})`
        return getComputedStyle(probe).color
      }
      const axis = {
        stroke: color('--cti-muted'),
        grid: { stroke: color('--cti-border'), width: 1 },
        ticks: { show: false },
        font: `11px ${styles.fontFamily}`,
      }
      const made = new uPlot(
        {
          width: element.clientWidth,
          height: element.clientHeight,
          legend: { show: false },
          cursor: { show: false },
          scales: { y: { range: (_, __, max) => [0, Math.max(1, max * 1.15)] } },
          axes: [
            { ...axis, space: 80, size: 26, values: (_, ticks) => ticks.map((tick) => clock.format(tick * 1000)) },
            { ...axis, size: 56, values: (_, ticks) => ticks.map((tick) => latest.current.unit(tick)) },
          ],
          series: [
            {},
            ...shape.split(',').map((one) => {
              const [label = '', name = ''] = one.split('|')
              return { label, stroke: color(name), width: 2, points: { show: false } }
            }),
          ],
        },
        [[]],
        element,
      )
      probe.remove()
      plot.current = made
    }
    build()
    const observer = new ResizeObserver(() =>
      plot.current?.setSize({ width: element.clientWidth, height: element.clientHeight }),
    )
    observer.observe(element)
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    scheme.addEventListener('change', build)
    return () => {
      observer.disconnect()
      scheme.removeEventListener('change', build)
      plot.current?.destroy()
      plot.current = null
    }
  }, [shape])

  useEffect(() => {
    plot.current?.setData([times, ...series.map(({ values }) => values)] as uPlot.AlignedData)
  }, [times, series])

  return (
    <figure className="plot">
      <figcaption>
        <span>{title}</span>
        <strong>{now}</strong>
      </figcaption>
      <div ref={box} role="img" aria-label={`${title}: ${now}`} />
    </figure>
  )
}

interface BarSeries {
  label: string
  /** A custom property of the style sheet. */
  color: string
}

interface BarsProps {
  title: string
  series: BarSeries[]
  unit: (value: number | null) => string
  /** One value for each series. */
  rows: { key: string; name: string; values: (number | null)[] }[]
}

/** Shows the values of a few groups as bars, with a legend and the value next to each bar. */
export function Bars({ title, series, unit, rows }: BarsProps) {
  const most = Math.max(1, ...rows.flatMap(({ values }) => values.map((value) => value ?? 0)))
  return (
    <figure className="plot">
      <figcaption>
        <span className="plot-title">{title}</span>
        <span className="legend">
          {series.map(({ label, color }) => (
            <span key={label}>
              <i style={{ background: `var(${color})` }} />
              {label}
            </span>
          ))}
        </span>
      </figcaption>
      <ul className="bars">
        {rows.map(({ key, name, values }) => (
          <li key={key}>
            <bdi className="clip" title={name}>
              {name}
            </bdi>
            <div>
              {series.map(({ label, color }, at) => (
                <div className="bar" key={label}>
                  <i
                    aria-hidden="true"
                    style={{ background: `var(${color})`, width: `${(75 * (values[at] ?? 0)) / most}%` }}
                  />
                  <span className="hidden">{label}</span> {unit(values[at] ?? null)}
                </div>
              ))}
            </div>
          </li>
        ))}
      </ul>
    </figure>
  )
}

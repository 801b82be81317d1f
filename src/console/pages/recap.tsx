const TITLES: Record<string, string> = {
  summary: 'Summary',
  outcome: 'Outcome',
  purposes: 'Purpose',
  action_items: 'Action items',
  ai_playbook: 'Playbook',
}

/** Dialpad's summary of a call. Its parts have no fixed shape, so texts, lists and objects are shown as they are. */
export const Recap = ({ recap }: { recap: Record<string, unknown> }) => (
  <dl className="recap">
    {Object.entries(recap).map(([name, value]) => (
      <div key={name}>
        <dt>{TITLES[name] ?? name.replaceAll('_', ' ')}</dt>
        <dd>
          <Part value={value} />
        </dd>
      </div>
    ))}
  </dl>
)

function Part({ value }: { value: unknown }) {
  if (value === null || value === undefined || value === '') return <>–</>
  if (Array.isArray(value))
    return (
      <ul className="bullets">
        {value.map((one: unknown, at) => (
          <li key={at}>
            <Part value={one} />
          </li>
        ))}
      </ul>
    )
  if (typeof value === 'object')
    return Object.entries(value)
      .filter(([, part]) => part !== null && part !== '')
      .map(([name, part]) => (
        <div key={name}>
          <span className="muted">{name.replaceAll('_', ' ')}: </span>
          <Part value={part} />
        </div>
      ))
  return <>{String(value)}</>
}

/** Shows one paragraph per line. */
export function Transcript({ text, none }: { text: string | null; none: string }) {
  if (!text) return <p className="muted">{none}</p>
  return <p className="transcript">{text}</p>
}

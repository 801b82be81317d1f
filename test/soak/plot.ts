export interface Sample {
  /** Since the start of the load. */
  minutes: number
  rssMb: number
  /** Of that, pages of files: the program's own. */
  fileMb: number
  heapMb: number
  /** Events that are stored and not processed yet. */
  pending: number
}

const WIDTH = 760
const HEIGHT = 320
const LEFT = 56
const BOTTOM = 40
const TOP = 28
const RIGHT = 16

/** Memory over time as an SVG that reads on light and dark pages. */
export function plot(samples: Sample[], warmUpMinutes: number): string {
  const minutes = Math.ceil(samples.at(-1)!.minutes)
  const top = Math.ceil(Math.max(...samples.map(({ rssMb }) => rssMb)) / 50) * 50
  const x = (at: number) => LEFT + (at / minutes) * (WIDTH - LEFT - RIGHT)
  const y = (mb: number) => HEIGHT - BOTTOM - (mb / top) * (HEIGHT - BOTTOM - TOP)
  const line = (of: (sample: Sample) => number, color: string) =>
    `<polyline fill="none" stroke="${color}" stroke-width="1.5" points="${samples
      .map((sample) => `${x(sample.minutes).toFixed(1)},${y(of(sample)).toFixed(1)}`)
      .join(' ')}"/>`
  const text = (at: number, down: number, anchor: string, words: string, color = '#333') =>
    `<text x="${at}" y="${down}" text-anchor="${anchor}" fill="${color}">${words}</text>`
  const rows = Array.from({ length: top / 50 + 1 }, (_, index) => index * 50)
  const columns = Array.from({ length: Math.floor(minutes / 5) + 1 }, (_, index) => index * 5)
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="11" role="img" aria-label="Memory of the server over ${minutes} minutes">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<rect x="${x(0)}" y="${TOP}" width="${x(warmUpMinutes) - x(0)}" height="${HEIGHT - BOTTOM - TOP}" fill="#f2f2f2"/>`,
    text(x(warmUpMinutes / 2), TOP + 14, 'middle', 'warm-up', '#777'),
    ...rows.map(
      (mb) =>
        `<path d="M${LEFT} ${y(mb)}H${WIDTH - RIGHT}" stroke="#ddd"/>${text(LEFT - 6, y(mb) + 4, 'end', `${mb}`)}`,
    ),
    ...columns.map((at) => text(x(at), HEIGHT - BOTTOM + 16, 'middle', `${at}`)),
    text(WIDTH / 2, HEIGHT - 6, 'middle', 'minutes'),
    text(LEFT - 40, 16, 'start', 'MiB'),
    text(WIDTH - RIGHT - 130, 16, 'end', 'resident memory', '#1f6feb'),
    text(WIDTH - RIGHT, 16, 'end', 'JavaScript heap in use', '#c2410c'),
    line(({ rssMb }) => rssMb, '#1f6feb'),
    line(({ heapMb }) => heapMb, '#c2410c'),
    '</svg>',
  ].join('\n')}\n`
}

/** The slope of the least-squares line through the samples, MiB an hour. */
export function slopeOf(samples: Sample[], of: (sample: Sample) => number): number {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const [middle, level] = [mean(samples.map(({ minutes }) => minutes)), mean(samples.map(of))]
  const over = samples.reduce((sum, sample) => sum + (sample.minutes - middle) * (of(sample) - level), 0)
  return (60 * over) / samples.reduce((sum, { minutes }) => sum + (minutes - middle) ** 2, 0)
}

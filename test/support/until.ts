/**
 * Resolves when the condition holds; rejects after `withinMs`, naming what was waited for. By itself, it waits almost as long as a
 * test may take, since a busy machine is no failure.
 */
export async function until(what: string, holds: () => boolean | Promise<boolean>, withinMs = 25_000): Promise<void> {
  const end = performance.now() + withinMs
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`still waiting after ${withinMs} ms for: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

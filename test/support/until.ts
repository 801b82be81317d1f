/**
 * Resolves when the condition holds; rejects after `withinMs`, naming what was waited for. By itself, it waits almost as long as a
 * test may take, since a busy machine is no failure. It asks less often the longer it has waited: two hundred questions a second
 * would take the processor from what it waits for.
 */
export async function until(what: string, holds: () => boolean | Promise<boolean>, withinMs = 25_000): Promise<void> {
  const begin = performance.now()
  while (!(await holds())) {
    const waited = performance.now() - begin
    if (waited > withinMs) throw new Error(`still waiting after ${withinMs} ms for: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, Math.min(25, 2 + waited / 20)))
  }
}

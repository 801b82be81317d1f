import { expect } from 'bun:test'
import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'

const source = readFileSync(new URL(import.meta.resolve('axe-core/axe.min.js')), 'utf8')

interface Axe {
  run(
    context: unknown,
    options: unknown,
  ): Promise<{
    violations: {
      id: string
      impact: string | null
      help: string
      nodes: { html: string; failureSummary?: string }[]
    }[]
  }>
}

type Impact = 'minor' | 'moderate' | 'serious' | 'critical'

/** Fails with every serious or critical finding of axe-core on the page as it stands. Frames of other origins are left out. */
export const expectAccessible = (page: Page): Promise<void> => expectNone(page, ['serious', 'critical'])

/** Fails with every finding at all: for pages that are ours alone. */
export const expectNoFindings = (page: Page): Promise<void> =>
  expectNone(page, ['minor', 'moderate', 'serious', 'critical'])

/** The same in the light and in the dark scheme: of the second, what depends on colors. */
export async function expectNoFindingsInBothSchemes(page: Page): Promise<void> {
  await page.emulateMedia({ colorScheme: 'light' })
  await expectNoFindings(page)
  await page.emulateMedia({ colorScheme: 'dark' })
  await expectReadable(page)
}

/** Fails with every finding that depends on colors. */
export const expectReadable = (page: Page): Promise<void> =>
  expectNone(page, ['minor', 'moderate', 'serious', 'critical'], {
    type: 'rule',
    values: ['color-contrast', 'link-in-text-block'],
  })

/** @param runOnly limits the rules, as axe-core takes it; without it every rule applies. */
async function expectNone(page: Page, impacts: Impact[], runOnly?: { type: 'rule'; values: string[] }): Promise<void> {
  // Amid an animation, contrast depends on the moment at which it is measured.
  await page.emulateMedia({ reducedMotion: 'reduce' })
  // The page's Content-Security-Policy allows no injected script element; evaluation through the debugger is not bound by it.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(source)
  const violations = await page.evaluate(async (options) => {
    const { axe } = window as unknown as { axe: Axe }
    // Only the nodes of findings are wanted; the lists of everything that passed would be longer than the page.
    return (await axe.run({ exclude: ['iframe'] }, { iframes: false, resultTypes: ['violations'], ...options }))
      .violations
  }, runOnly && { runOnly })
  const findings = violations
    .filter(({ impact }) => impact === null || impacts.includes(impact as Impact))
    .map(
      ({ id, help, nodes }) =>
        `${id}: ${help}\n  ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary ?? ''}`).join('\n  ')}`,
    )
  expect(findings).toEqual([])
}

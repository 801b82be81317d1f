/** Takes the README's picture of the console: `bun test/console/readme-screenshot.ts`. */
import { join } from 'node:path'
import { launchBrowser } from '../support/browser'
import { startBrowserServer } from '../support/browser-server'
import { fillConsole } from '../support/console-data'

const path = join(import.meta.dir, '../../docs/images/console-live.png')

const server = await startBrowserServer()
await fillConsole(server)
const browser = await launchBrowser()
const page = await browser.newPage({ viewport: { width: 1280, height: 700 }, colorScheme: 'light' })
await page.goto(`${server.url}/console`)
await page.getByLabel('Admin secret').fill(server.adminSecret)
await page.getByRole('button', { name: 'Log in' }).click()
await page.getByText('Katherine Johnson').waitFor()
await page.screenshot({ path })
console.log(path)
await browser.close()
await server.stop()
process.exit()

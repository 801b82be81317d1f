import './styles/login-page.css'
import { applyTheme } from './theme-choice'

/** The login page. Uses no framework, so that it loads fast. The server renders its form. */
const HEADERS = { 'x-cti-console': '1', 'content-type': 'application/json' }
const find = <Element extends HTMLElement>(selector: string, type: new () => Element): Element => {
  const found = document.querySelector(selector)
  if (!(found instanceof type)) throw new Error(`the login page has no ${selector}`)
  return found
}
const form = find('form', HTMLFormElement)
const field = find('input', HTMLInputElement)
const button = find('button', HTMLButtonElement)
const problem = find('#problem', HTMLElement)

applyTheme()
field.focus()

// After a link from another site, the browser sends no cookie even if logged in.
fetch('/console/session', { headers: HEADERS })
  .then((answer) => answer.json())
  .then(({ session }) => session && location.reload())
  .catch(() => {})

form.addEventListener('submit', (event) => {
  event.preventDefault()
  void login()
})

async function login(): Promise<void> {
  button.textContent = 'Checking…'
  button.disabled = true
  try {
    const body = JSON.stringify({ secret: field.value })
    const answer = await fetch('/console/session', { method: 'POST', headers: HEADERS, body })
    if (answer.ok) return location.reload()
    const { detail } = await answer.json()
    show(String(detail))
  } catch {
    show('The server cannot be reached. Try again in a moment.')
  }
  button.textContent = 'Log in'
  button.disabled = false
  field.select()
  field.focus()
}

function show(text: string): void {
  problem.textContent = text
  problem.hidden = false
}

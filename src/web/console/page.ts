import { PAGE_ICON, pageResponse } from '../browser-asset'

export interface About {
  environment: string
  version: string
  /** Whether calls may be simulated. */
  sandbox: boolean
  /** File with the sandbox's generated admin secret. Null if the operator set the secret. */
  secret_in: string | null
}

const BRAND = `<span class="brand"><svg width="20" height="20" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2.2" aria-hidden="true"><path stroke-linecap="round" d="M4 12a8 8 0 0 1 16 0M8 12a4 4 0 0 1 8 0"/><circle cx="12" cy="16" r="3" fill="currentColor" stroke="none"/></svg> CTI server</span>`

const head = (title: string, style: string) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
${PAGE_ICON}
<link rel="stylesheet" href="/console/assets/${style}">`

/** Returns the file name of an entry, with its hash. */
function nameOf(files: Record<string, string>, entry: string, extension: string): string {
  const name = Object.keys(files).find((name) => name.startsWith(`${entry}-`) && name.endsWith(`.${extension}`))
  if (!name) throw new Error(`the console was bundled without ${entry}.${extension}`)
  return name
}

/** Renders the outline of the console, shown until its script has loaded. Preloads the script's first files. */
export function consolePage(files: Record<string, string>, about: About): Response {
  const script = nameOf(files, 'main', 'js')
  const chunks = [...(files[script] ?? '').matchAll(/(?:from|import)"\.\/(chunk-[\w]+\.js)"/g)].map(([, name]) => name)
  return pageResponse(`${head('CTI server', nameOf(files, 'main', 'css'))}
${[...new Set(chunks)].map((name) => `<link rel="modulepreload" href="/console/assets/${name}">`).join('\n')}
<body data-session="${Bun.escapeHTML(JSON.stringify(about))}">
<div id="root"><div class="frame"><div class="side">${BRAND}</div><main><div class="loading" role="status" aria-label="Loading"><i class="skeleton"></i><i class="skeleton"></i><i class="skeleton"></i></div></main></div></div>
<noscript>The console needs JavaScript.</noscript>
<script type="module" src="/console/assets/${script}"></script>
`)
}

export const loginPage = (files: Record<string, string>, { secret_in }: About): Response =>
  pageResponse(`${head('Log in · CTI server', nameOf(files, 'login', 'css'))}
<main class="login">
<form method="post">
${BRAND}
<h1>Log in to the console</h1>
<label class="field">Admin secret<input name="secret" type="password" required autocomplete="current-password" autofocus aria-describedby="hint"><small id="hint">The value of INTERNAL_API_SECRET.</small></label>
${secret_in ? `<p class="small muted">This sandbox generated its own secret. It is in <code>${Bun.escapeHTML(secret_in)}</code>.</p>` : ''}
<div class="notice" data-tone="bad" role="alert" id="problem" hidden></div>
<button type="submit" class="button" data-kind="primary">Log in</button>
</form>
<noscript>The console needs JavaScript.</noscript>
</main>
<script type="module" src="/console/assets/${nameOf(files, 'login', 'js')}"></script>
`)

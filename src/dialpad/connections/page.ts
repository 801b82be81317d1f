/** The page at the end of the OAuth flow. */
export function resultPage(title: string, text: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${Bun.escapeHTML(title)}</title>
<meta name="viewport" content="width=device-width"><style>body{font:16px/1.5 system-ui;max-width:32rem;margin:15vh auto;padding:0 1rem;color-scheme:light dark}</style>
<h1>${Bun.escapeHTML(title)}</h1><p>${Bun.escapeHTML(text)}</p></html>`
}

export const wantsPage = (request: Request): boolean => request.headers.get('accept')?.includes('text/html') ?? false

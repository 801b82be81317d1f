import { useInsertionEffect } from 'react'
import tokens from '../tokens.css' with { type: 'text' }

/**
 * Rules have the specificity of at most one class and variables none, so that an application's CSS wins:
 * `:root { --cti-accent: rebeccapurple }`.
 */
const CSS = `${tokens}
.cti-button {
  display: inline-flex; align-items: center; justify-content: center; gap: .45em; font: 500 14px/1.2 var(--cti-font);
  padding: .5em .85em; border: 1px solid transparent; border-radius: calc(var(--cti-radius) * .8); cursor: pointer;
  white-space: nowrap; max-width: 100%; transition: background-color .12s, border-color .12s;
}
.cti-button:focus-visible, .cti-panel :focus-visible, .cti-launcher:focus-visible {
  outline: 2px solid var(--cti-accent); outline-offset: 2px;
}
.cti-button:disabled { cursor: default; opacity: .62; }
.cti-button[aria-disabled=true] { cursor: default; }
.cti-button[data-variant=primary] { background: var(--cti-accent); color: var(--cti-on-accent); }
.cti-button[data-variant=primary]:hover:enabled { background: color-mix(in srgb, var(--cti-accent) 88%, var(--cti-text)); }
.cti-button[data-variant=secondary], .cti-button[data-variant=icon] {
  background: var(--cti-surface); color: var(--cti-text); border-color: var(--cti-border);
}
.cti-button[data-variant=secondary]:hover:enabled, .cti-button[data-variant=icon]:hover:enabled { background: var(--cti-raised); }
.cti-button[data-size=sm] { font-size: 13px; padding-block: .32em; }
.cti-button[data-size=lg] { font-size: 16px; padding-block: .62em; }
.cti-button[data-variant=icon] { flex: none; width: 36px; height: 36px; padding: 0; border-radius: 50%; }
.cti-button[data-variant=icon][data-size=sm] { width: 28px; height: 28px; }
.cti-button[data-variant=icon][data-size=lg] { width: 44px; height: 44px; }
.cti-button[data-variant=icon][data-state=ringing] { border-color: var(--cti-ring); color: var(--cti-ring); }
.cti-button[data-variant=icon][data-state=active] { border-color: var(--cti-ok); color: var(--cti-ok); }
.cti-button-label { overflow: hidden; text-overflow: ellipsis; }
.cti-spinner {
  width: 1em; height: 1em; flex: none; border: 2px solid currentColor; border-right-color: transparent; border-radius: 50%;
  animation: cti-spin .8s linear infinite;
}
@keyframes cti-spin { to { rotate: 1turn } }
@media (prefers-reduced-motion: reduce) { .cti-spinner { animation-duration: 3s } }
.cti-call { display: inline-flex; flex-wrap: wrap; align-items: center; gap: .5em; max-width: 100%; font-family: var(--cti-font); }
.cti-call-error { color: var(--cti-danger); font-size: 13px; line-height: 1.35; }
.cti-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.cti-dock {
  position: fixed; inset: auto 16px 16px auto; z-index: var(--cti-z-index); display: flex; flex-direction: column; align-items: flex-end;
  gap: 10px; max-width: calc(100vw - 32px); font: 14px/1.45 var(--cti-font); letter-spacing: normal; text-align: start;
  color: var(--cti-text);
}
.cti-panel {
  width: min(400px, calc(100vw - 32px)); max-height: calc(100dvh - 84px); overflow: auto; background: var(--cti-surface);
  border: 1px solid var(--cti-border); border-radius: var(--cti-radius); box-shadow: var(--cti-shadow);
}
.cti-panel[data-open=false] { position: absolute; right: 0; bottom: 0; visibility: hidden; pointer-events: none; }
.cti-panel iframe { display: block; width: 100%; height: min(520px, calc(100dvh - 210px)); border: 0; background: #fff; }
.cti-bar { display: flex; align-items: center; gap: 8px; padding: 9px 8px 9px 14px; border-bottom: 1px solid var(--cti-border); }
.cti-bar h2 { margin: 0; font-size: 14px; font-weight: 600; }
.cti-states { display: flex; gap: 12px; margin-left: auto; font-size: 12px; color: var(--cti-muted); }
.cti-state { display: inline-flex; align-items: center; gap: 5px; }
.cti-state::before { content: ""; width: 7px; height: 7px; border-radius: 50%; background: var(--cti-ring); }
.cti-state[data-state=ok]::before { background: var(--cti-ok); }
.cti-state[data-state=bad]::before { background: var(--cti-danger); }
.cti-icon-button {
  display: grid; place-items: center; width: 28px; height: 28px; padding: 0; border: 0; border-radius: 50%; background: none;
  color: var(--cti-muted); cursor: pointer;
}
.cti-icon-button:hover { background: var(--cti-raised); color: var(--cti-text); }
.cti-card { display: grid; gap: 2px; margin: 0; padding: 12px 14px; border-bottom: 1px solid var(--cti-border); background: var(--cti-raised); }
.cti-card[data-status=ringing] { box-shadow: inset 3px 0 var(--cti-ring); }
.cti-card[data-status=active] { box-shadow: inset 3px 0 var(--cti-ok); }
.cti-card-status { font-size: 12px; color: var(--cti-muted); font-variant-numeric: tabular-nums; }
.cti-card-name { font-size: 16px; font-weight: 600; overflow-wrap: anywhere; }
.cti-card-number { color: var(--cti-muted); font-variant-numeric: tabular-nums; }
.cti-card a { color: var(--cti-accent); margin-top: 4px; justify-self: start; }
.cti-launcher {
  display: inline-flex; align-items: center; gap: 8px; padding: 10px 16px; border: 1px solid var(--cti-border); border-radius: 999px;
  background: var(--cti-surface); color: var(--cti-text); font: 500 14px/1.2 var(--cti-font); box-shadow: var(--cti-shadow); cursor: pointer;
}
.cti-launcher:hover { background: var(--cti-raised); }
.cti-launcher[data-ringing=true] { background: var(--cti-accent); color: var(--cti-on-accent); border-color: transparent; }
`

/** Adds the components' styles to the page once; a constructed style sheet needs no exception in the Content-Security-Policy. */
export function useStyles(): void {
  useInsertionEffect(() => {
    const marker = '__ctiStyles'
    if (marker in document) return
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(CSS)
    document.adoptedStyleSheets.push(sheet)
    Object.assign(document, { [marker]: sheet })
  }, [])
}

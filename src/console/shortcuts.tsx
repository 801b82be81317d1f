import { type ReactNode, useEffect } from 'react'
import { go } from './navigation'
import { PAGES } from './pages'
import { Button, Dialog } from './ui'

const SECOND_KEY_MS = 1500

const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName))

/** `/` searches, `g` and a letter open a page, `?` lists them. Disabled while typing and while a dialog is open. */
export function useShortcuts(onList: () => void): void {
  useEffect(() => {
    let isSecond = false
    let timer: ReturnType<typeof setTimeout> | undefined
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
      if (document.querySelector('dialog[open]')) return
      if (isSecond) {
        isSecond = false
        const page = PAGES.find(({ key }) => key === event.key)
        if (page) {
          event.preventDefault()
          go(page.path)
        }
      } else if (event.key === 'g') {
        isSecond = true
        clearTimeout(timer)
        timer = setTimeout(() => {
          isSecond = false
        }, SECOND_KEY_MS)
      } else if (event.key === '/') {
        const search = document.querySelector<HTMLInputElement>('main input[type=search]')
        if (!search) return
        event.preventDefault()
        search.focus()
        search.select()
      } else if (event.key === '?') {
        event.preventDefault()
        onList()
      }
    }
    addEventListener('keydown', onKey)
    return () => {
      clearTimeout(timer)
      removeEventListener('keydown', onKey)
    }
  })
}

export function ShortcutList({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      <dl className="facts">
        <Shortcut keys={['/']}>Search on this page</Shortcut>
        {PAGES.map(({ key, title }) => (
          <Shortcut key={key} keys={['g', key]}>
            {title}
          </Shortcut>
        ))}
        <Shortcut keys={['?']}>This list</Shortcut>
        <Shortcut keys={['Esc']}>Close a dialog or menu</Shortcut>
      </dl>
      <div className="row">
        <Button onClick={onClose}>Close</Button>
      </div>
    </Dialog>
  )
}

const Shortcut = ({ keys, children }: { keys: string[]; children: ReactNode }) => (
  <div className="facts-row">
    <dt>
      {keys.map((key) => (
        <kbd key={key}>{key}</kbd>
      ))}
    </dt>
    <dd>{children}</dd>
  </div>
)

import { Component, type ReactNode } from 'react'
import { Button, Empty } from './ui'

/** Shows the error of a page that fails. The navigation, the banners and the other pages still work. */
export class PageBoundary extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state = { error: null as Error | null }

  static getDerivedStateFromError(error: unknown) {
    return { error: error instanceof Error ? error : new Error(String(error)) }
  }

  override render() {
    const { error } = this.state
    if (!error) return this.props.children
    return (
      <Empty title="This page cannot be shown" actions={<Button onClick={() => location.reload()}>Load again</Button>}>
        {error.message}
      </Empty>
    )
  }
}

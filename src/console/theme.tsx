import { useState } from 'react'
import { chooseTheme, chosenTheme, type Theme } from './theme-choice'

/** Selects light, dark, or the system's theme. */
export function ThemeSwitch() {
  const [theme, setTheme] = useState(chosenTheme)
  return (
    <select
      aria-label="Theme"
      value={theme}
      onChange={(event) => {
        const chosen = event.target.value as Theme
        chooseTheme(chosen)
        setTheme(chosen)
      }}
    >
      <option value="system">System theme</option>
      <option value="light">Light</option>
      <option value="dark">Dark</option>
    </select>
  )
}

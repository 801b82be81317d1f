import { bundleForPages } from '../bundle' with { type: 'macro' }

/** Files served under `/console/assets/`, by file name. Load this module lazily. */
export const consoleFiles: Record<string, string> = bundleForPages('console/main.tsx', 'console/login.ts')

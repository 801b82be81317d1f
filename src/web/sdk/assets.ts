import { bundleForBrowser } from '../bundle' with { type: 'macro' }

/** Files served under `/sdk/`, by file name. Load this module lazily. */
export const sdkFiles: Record<string, string> = bundleForBrowser('sdk/cti.ts', 'sdk/served/react.ts', 'sdk/example.tsx')

import { bundleForBrowser } from './bundle' with { type: 'macro' }

/** What is served under `/sdk/`. Load this module lazily. */
export const sdkFiles: Record<string, string> = bundleForBrowser('sdk/cti.ts')

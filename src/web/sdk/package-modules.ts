import { bundleForPackage } from '../bundle' with { type: 'macro' }

/** The modules of each npm package, by file name. Load this module lazily. */
export const clientModules: Record<string, string> = bundleForPackage(['sdk/cti.ts'], [])

export const reactModules: Record<string, string> = bundleForPackage(
  ['sdk/react.ts', 'sdk/react/dialpad-cti.tsx', 'sdk/react/call-button.tsx', 'sdk/dialpad-service.ts'],
  ['react', 'react/jsx-runtime'],
)

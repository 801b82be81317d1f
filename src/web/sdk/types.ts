import { emitDeclarations } from './declarations' with { type: 'macro' }

/** What is served under `/sdk/types/`, by path. Load this module lazily. */
export const sdkTypes: Record<string, string> = emitDeclarations()

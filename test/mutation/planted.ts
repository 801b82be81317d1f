import type { Planted } from './mutant'
import { credentials } from './planted/credentials'
import { figures } from './planted/figures'
import { isolation } from './planted/isolation'
import { kit } from './planted/kit'
import { nothingLost } from './planted/nothing-lost'

/** Regressions planted by hand, by what they break. */
export const planted: Record<string, Planted[]> = {
  isolation,
  credentials,
  'nothing-lost': nothingLost,
  figures,
  kit,
}

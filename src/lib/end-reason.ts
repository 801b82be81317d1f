/** Why a call ended. */
export const END_REASONS = ['hangup', 'answered_elsewhere', 'transferred', 'stale', 'unknown'] as const

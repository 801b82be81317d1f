import { answer, int64, Refused } from './answer'
import type { Route } from './routing'
import type { State } from './state'

/** `GET /transcripts/{call_id}`: what was said, also where the event came without text. */
export const transcriptRoutes = (state: State): Route[] => [
  [
    'GET /api/v2/transcripts/{call_id}',
    ({ id }) => {
      const lines = state.transcripts.get(id)
      if (!lines) throw new Refused(404, `call ${id} has no transcript`)
      return answer({
        call_id: int64(id),
        lines: lines.map(({ user_id, ...line }) =>
          user_id === undefined ? line : { ...line, user_id: int64(user_id) },
        ),
      })
    },
  ],
]

import { mp3, wav } from './audio'
import type { CallPlayer } from './call-player'
import type { NewRecording } from './recordings'
import type { Dialpad } from './start'
import type { CallRecord } from './state'

/** What a scripted conversation must come to, whatever the server under test made of its events. */
interface Truth {
  outcome: 'answered' | 'missed' | 'voicemail' | 'abandoned' | 'unanswered' | 'rejected'
  waited_seconds: number
  talk_seconds: number
  dialpad_user_id: number | null
  leg_count: number
}

export interface Scripted {
  kind: Kind
  legs: CallPlayer[]
  truth: Truth
  /** Of its recording, if it has one. */
  recording?: 'audio' | 'explained'
}

interface Step {
  second: number
  run(): unknown
}

const RECORDINGS: { recording: NewRecording; comesTo: 'audio' | 'explained' }[] = [
  { recording: { bytes: mp3() }, comesTo: 'audio' },
  { recording: { bytes: wav(), type: 'audio/wav' }, comesTo: 'audio' },
  { recording: { bytes: mp3(), recordingType: 'admincallrecording' }, comesTo: 'audio' },
  { recording: { bytes: mp3(), recordingType: 'admincallrecording', shared: 'page' }, comesTo: 'explained' },
  { recording: { bytes: mp3(), recordingType: 'admincallrecording', shared: 'none' }, comesTo: 'explained' },
  { recording: { bytes: mp3(), access: 'page', shared: 'none' }, comesTo: 'explained' },
]

const KINDS = {
  answered({ at, leg, user, wait, talk, truth }: Context) {
    const call = leg()
    at(0, () => call().ring())
    at(wait, () => call().connect())
    at(wait + talk, () => call().hangup())
    return truth('answered', wait, talk, user)
  },
  held({ at, leg, user, wait, talk, truth }: Context) {
    const call = leg()
    at(0, () => call().ring())
    at(wait, () => call().connect())
    at(wait + 5, () => call().hold())
    at(wait + 9, () => call().send('connected'))
    at(wait + talk, () => call().hangup())
    return truth('answered', wait, talk, user)
  },
  missed({ at, leg, user, truth }: Context) {
    const call = leg()
    at(0, () => call().ring())
    at(20, () => call().hangup())
    return truth('missed', 20, 0, user)
  },
  outbound({ at, leg, user, wait, talk, truth }: Context) {
    const call = leg({}, 'outbound')
    at(0, () => call().ring())
    at(wait, () => call().connect())
    at(wait + talk, () => call().hangup())
    return truth('answered', wait, talk, user)
  },
  unanswered({ at, leg, user, truth }: Context) {
    const call = leg({}, 'outbound')
    at(0, () => call().ring())
    at(30, () => call().hangup())
    return truth('unanswered', 30, 0, user)
  },
  voicemail({ at, leg, user, truth }: Context) {
    const call = leg()
    at(0, () => call().ring())
    at(15, () => call().voicemail(mp3()))
    return truth('voicemail', 15, 0, user)
  },
  blocked({ at, leg, user, truth, now }: Context) {
    const call = leg()
    at(0, () => call().send('blocked', { date_ended: now() }))
    return truth('rejected', 0, 0, user)
  },
  abandoned({ at, leg, center, truth }: Context) {
    const queue = leg({ target: center })
    at(0, () => queue().send('queued'))
    at(40, () => queue().hangup())
    return truth('abandoned', 40, 0, null)
  },
  ringAll({ at, leg, user, other, center, wait, talk, truth, now }: Context) {
    const queue = leg({ target: center })
    at(0, () => queue().send('queued'))
    const one = leg({}, 'inbound', 3, queue)
    const two = leg({}, 'inbound', 3, queue, other)
    at(3, () => one().ring())
    at(3, () => two().ring())
    at(3 + wait, () => one().connect())
    at(3 + wait, () => queue().send('connected', { operator_call_id: one().id, date_connected: now() }))
    at(3 + wait, () => two().send('missed', { date_ended: now() }))
    at(4 + wait, () => two().hangup())
    at(3 + wait + talk, () => one().hangup())
    at(3 + wait + talk, () => queue().hangup())
    return truth('answered', 3 + wait, talk, user, 3)
  },
  nobodyPickedUp({ at, leg, other, center, truth }: Context) {
    const queue = leg({ target: center })
    at(0, () => queue().send('queued'))
    const one = leg({}, 'inbound', 3, queue)
    const two = leg({}, 'inbound', 3, queue, other)
    for (const agent of [one, two]) {
      at(3, () => agent().ring())
      at(25, () => agent().hangup())
    }
    at(30, () => queue().hangup())
    return truth('missed', 30, 0, null, 3)
  },
  transferred({ at, leg, user, other, center, wait, talk, truth, now }: Context) {
    const queue = leg({ target: center })
    at(0, () => queue().send('queued'))
    const one = leg({}, 'inbound', 3, queue)
    const two = leg({ is_transferred: true }, 'inbound', 3 + wait + talk, queue, other)
    at(3, () => one().ring())
    at(3 + wait, () => one().connect())
    at(3 + wait, () => queue().send('connected', { operator_call_id: one().id, date_connected: now() }))
    at(3 + wait + talk, () => two().connect())
    at(4 + wait + talk, () => one().send('hangup', { is_transferred: true, date_ended: now() }))
    at(60 + wait + talk, () => two().hangup())
    at(60 + wait + talk, () => queue().hangup())
    return truth('answered', 3 + wait, talk + 1 + 57, user, 3)
  },
  /** The hangup is lost; the transcript, a minute later, says when it was. */
  hangupLost({ at, leg, user, wait, talk, truth }: Context) {
    const call = leg()
    at(0, () => call().ring())
    at(wait, () => call().connect())
    at(wait + talk, () => call().loseHangup())
    at(wait + talk + 60, () => call().transcribed([], 'Hello. Goodbye.'))
    return truth('answered', wait, talk, user)
  },
  /** The hangup is lost, and nothing comes after it. */
  goneSilent({ at, leg, user, wait, talk, truth }: Context) {
    const call = leg()
    at(0, () => call().ring())
    at(wait, () => call().connect())
    at(wait + talk, () => call().loseHangup())
    return truth('answered', wait, talk, user)
  },
}
export type Kind = keyof typeof KINDS
const EVERY_KIND = Object.keys(KINDS) as Kind[]

type Context = ReturnType<typeof createContext>

function createContext(dialpad: Dialpad, number: number, begin: number, steps: Step[], legs: CallPlayer[]) {
  const { state } = dialpad
  const user = state.users[number % state.users.length]!.id
  const other = state.users[(number + 1) % state.users.length]!.id
  const at = (second: number, run: () => unknown) => steps.push({ second: begin + second, run })

  return {
    at,
    user,
    other,
    wait: 4 + (number % 9),
    talk: 30 + ((number * 37) % 200),
    now: () => state.clock(),
    /** The account's call center; every account has one of its own. */
    center: { ...centerOf(state.officeId), office_id: state.officeId },
    /** A leg that begins at the second given. @returns how to reach it once it has begun. */
    leg(
      record: Partial<CallRecord> = {},
      direction: 'inbound' | 'outbound' = 'inbound',
      second = 0,
      entryPoint?: () => CallPlayer,
      userId = user,
    ): () => CallPlayer {
      let made: CallPlayer | undefined
      at(second, () => {
        made = dialpad.call({ userId, direction, externalNumber: `+1555556${String(number).padStart(4, '0')}` })
        Object.assign(made.record, record, entryPoint ? { entry_point_call_id: entryPoint().id } : {})
        legs.push(made)
      })
      return () => {
        if (!made) throw new Error(`leg of conversation ${number} used before it began`)
        return made
      }
    },
    truth: (
      outcome: Truth['outcome'],
      waited_seconds: number,
      talk_seconds: number,
      dialpad_user_id: number | null,
      leg_count = 1,
    ): Truth => ({ outcome, waited_seconds, talk_seconds, dialpad_user_id, leg_count }),
  }
}

const centerOf = (officeId: number) => ({
  id: officeId + 1,
  type: 'call_center',
  name: 'Support',
  phone: '+14155551000',
  email: '',
})

/**
 * Plays conversations of every kind, interleaved as in a busy hour, and resolves when the last event was delivered.
 * @param setClock moves the clock that Dialpad and the server share, in ms. @param first tells the conversations of several
 * plays apart.
 */
export async function playHour(
  dialpad: Dialpad,
  options: { count: number; first: number; setClock(ms: number): void; without?: Kind[]; apartSeconds?: number },
): Promise<Scripted[]> {
  const { count, first, setClock, without = [], apartSeconds = 11 } = options
  const kinds = EVERY_KIND.filter((kind) => !without.includes(kind))
  const startedAt = dialpad.state.clock()
  const steps: Step[] = []
  const all: Scripted[] = []
  for (let number = first; number < first + count; number++) {
    const kind = kinds[number % kinds.length]!
    const legs: CallPlayer[] = []
    const context = createContext(dialpad, number, (number - first) * apartSeconds, steps, legs)
    const scripted: Scripted = { kind, legs, truth: KINDS[kind](context) }
    const isRecorded = kind === 'answered' || kind === 'outbound'
    const { recording, comesTo } = RECORDINGS[Math.floor(number / kinds.length) % RECORDINGS.length]!
    if (isRecorded) {
      context.at(scripted.truth.waited_seconds + scripted.truth.talk_seconds + 20, () => legs[0]!.recordedAs(recording))
      scripted.recording = comesTo
    }
    all.push(scripted)
  }
  for (const { second, run } of steps.toSorted((a, b) => a.second - b.second)) {
    setClock(startedAt + second * 1000)
    await run()
  }
  setClock(startedAt + (steps.reduce((last, { second }) => Math.max(last, second), 0) + 1) * 1000)
  return all
}

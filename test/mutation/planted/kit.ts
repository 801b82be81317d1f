import type { Planted } from '../mutant'

const BUTTON = 'test/browser/sdk/call-button.test.ts'
const TRUST = 'test/browser/sdk/mini-dialer-trust.test.ts'

/** The kit calls whom nobody meant to call, believes a stranger, or shows what is not. */
export const kit: Planted[] = [
  {
    name: 'a disabled button calls',
    file: 'src/sdk/react/call-button.tsx',
    find: 'disabled={disabled}',
    replace: '',
    test: BUTTON,
    title: 'a disabled button places no call',
  },
  {
    name: 'a second click calls again',
    file: 'src/sdk/react/call-button.tsx',
    find: 'if (busy || underway.current) return',
    replace: '',
    test: BUTTON,
    title: 'a second click places no second call',
  },
  {
    name: 'two clicks in one task call twice',
    file: 'src/sdk/react/call-button.tsx',
    find: 'if (busy || underway.current) return',
    replace: 'if (busy) return',
    test: BUTTON,
    title: 'two clicks in one task place one call',
  },
  {
    name: 'the right window of any origin is believed',
    file: 'src/sdk/mini-dialer.ts',
    find: 'if (event.origin !== this.#origin || !this.#iframe ||',
    replace: 'if (!this.#iframe ||',
    test: TRUST,
    title: 'the right window with another origin',
  },
  {
    name: 'any window of the right origin is believed',
    file: 'src/sdk/mini-dialer.ts',
    find: ' || event.source !== this.#iframe.contentWindow',
    replace: '',
    test: TRUST,
    title: 'the right origin in another window',
  },
  {
    name: 'a number to call goes to any origin',
    file: 'src/sdk/mini-dialer.ts',
    find: 'postMessage(message, this.#origin)',
    replace: "postMessage(message, '*')",
    test: TRUST,
    title: 'a number to call is sent only to Dialpad’s origin',
  },
  {
    name: 'each repeated ring is a new call',
    file: 'src/sdk/mini-dialer.ts',
    find: 'if (claim) return\n',
    replace: '',
    test: TRUST,
    title: 'a ring repeated by Dialpad is reported once',
  },
  {
    name: 'an ended call rings again',
    file: 'src/sdk/call-tracker.ts',
    find: 'if (previous && !isLive(previous) && isLive(call)) return',
    replace: '',
    test: 'test/sdk/tracked-calls.test.ts',
    title: 'a late entry never makes an ended call ring, talk or be held again',
  },
  {
    name: 'seq stays before a gap',
    file: 'src/sdk/live-entries.ts',
    find: 'this.#seq = Math.max(this.#seq ?? 0, to)',
    replace: '',
    test: 'test/sdk/live-entries.test.ts',
    title: 'resumes after a gap, although no entry came since, and takes none from within it',
  },
  {
    name: 'seq goes back over a gap',
    file: 'src/sdk/live-entries.ts',
    find: 'this.#seq = Math.max(this.#seq ?? 0, to)',
    replace: 'this.#seq = to',
    test: 'test/sdk/live-entries.test.ts',
    title: 'a gap before its position changes nothing',
  },
  {
    name: 'a call is placed without an Idempotency-Key',
    file: 'src/sdk/cti-client.ts',
    find: 'idempotencyKey: randomId(),',
    replace: '',
    test: 'test/sdk/live-entries.test.ts',
    title: 'places each call under a key of its own',
  },
]

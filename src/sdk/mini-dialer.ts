import { Emitter } from '../lib/emitter'
import { dialableNumber } from './dialable-number'
import { DialpadError } from './dialpad-error'
import type { Region } from './region'
import { claimRingingCall, type RingingClaim } from './ringing-claim'
import { type DialpadMessage, type RingingCall, readDialpadMessage } from './wire'

export const MAX_CUSTOM_DATA_LENGTH = 2000

export type IdentityType = 'Office' | 'OfficeGroup' | 'CallCenter'

export interface InitiateCallOptions {
  /** Whether this browser tab rings and carries the audio. Default true. */
  enableCurrentTab?: boolean
  /** Call on behalf of an office or group; needs `identityId`, excludes `outboundCallerId`. */
  identityType?: IdentityType
  identityId?: number
  /** Included in the call's events and record. At most 2000 characters. */
  customData?: string
  /** The number the called person sees. */
  outboundCallerId?: string
}

export interface DialpadServiceOptions {
  /** Origin of Dialpad: `https://dialpad.com` or `https://sandbox.dialpad.com`. */
  origin?: string
  /** Country of numbers without a country code. Default `US`. */
  region?: Region
  /** How long an early call waits until Dialpad reports the logged-in user, in ms. Default 15,000. */
  loginTimeoutMs?: number
}

export interface AuthenticationChange {
  authenticated: boolean
  /** The Dialpad user, if authenticated. */
  user_id: number | null
}

export interface CallRinging extends RingingCall {
  state: 'on' | 'off'
  /** True in exactly one of the tabs that receive this call: the one that shows it to the user. */
  handled_here: boolean
}

export interface DialpadEvents {
  authentication: AuthenticationChange
  call_ringing: CallRinging
}

type DialpadListener<K extends keyof DialpadEvents> = (event: DialpadEvents[K]) => void
interface EarlyCall {
  send: () => void
  refuse: (error: DialpadError) => void
}

/**
 * Embeds Dialpad's Mini Dialer and speaks its `postMessage` protocol. One service owns one iframe.
 * It reports only logins and ringing inbound calls. Answered, ended and outbound states come from the server (`CtiClient`).
 */
export class DialpadService {
  readonly #origin: string
  readonly #region: Region
  readonly #loginTimeoutMs: number
  readonly #emitter = new Emitter<DialpadEvents>()
  readonly #claims = new Map<string, RingingClaim>()
  readonly #early = new Set<EarlyCall>()
  #iframe: HTMLIFrameElement | null = null
  /** Null until Dialpad has reported it. */
  #authentication: AuthenticationChange | null = null
  #destroyed = false

  constructor(options: DialpadServiceOptions = {}) {
    this.#origin = new URL(options.origin ?? 'https://dialpad.com').origin
    this.#region = options.region ?? 'US'
    this.#loginTimeoutMs = options.loginTimeoutMs ?? 15_000
  }

  get authentication(): AuthenticationChange {
    return this.#authentication ?? { authenticated: false, user_id: null }
  }

  /**
   * Puts the Mini Dialer into `container`.
   * @throws DialpadError `client_id_invalid`, `already_initialized`, `destroyed`.
   */
  initializeCTI(clientId: string, container: HTMLElement): HTMLIFrameElement {
    if (this.#destroyed) throw new DialpadError('destroyed', 'This DialpadService was destroyed. Create a new one.')
    if (this.#iframe) throw new DialpadError('already_initialized', 'The Mini Dialer is already on this page.')
    if (!/^[\w.~-]+$/.test(clientId))
      throw new DialpadError('client_id_invalid', 'A CTI client id has letters, digits, dots, dashes and underscores.')
    const iframe = container.ownerDocument.createElement('iframe')
    iframe.src = `${this.#origin}/apps/${clientId}`
    iframe.title = 'Dialpad'
    iframe.allow = 'microphone; speaker-selection; autoplay; camera; display-capture; hid'
    iframe.setAttribute('sandbox', 'allow-popups allow-scripts allow-same-origin allow-forms')
    iframe.width = '400'
    iframe.height = '520'
    addEventListener('message', this.#receive)
    container.append(iframe)
    this.#iframe = iframe
    return iframe
  }

  /**
   * Asks Dialpad to call. Resolves when the request was sent to Dialpad, which sends no acknowledgment.
   * Before Dialpad has reported the logged-in user, waits up to `loginTimeoutMs`.
   * @throws DialpadError `phone_number_invalid`, `custom_data_too_long`, `identity_invalid`, `not_initialized`,
   *   `iframe_missing`, `not_authenticated`, `login_timeout`, `destroyed`.
   */
  async initiateCall(phoneNumber: string, options: InitiateCallOptions = {}): Promise<void> {
    const payload = this.#callPayload(phoneNumber, options)
    const send = () => this.#post('initiate_call', payload)
    this.#window()
    if (this.#authentication?.authenticated) return send()
    if (this.#authentication) throw notAuthenticated()
    await new Promise<void>((resolve, reject) => {
      const settled = (settle: () => void) => () => {
        clearTimeout(timer)
        this.#early.delete(early)
        settle()
      }
      const early: EarlyCall = {
        send: settled(() => {
          try {
            resolve(send())
          } catch (error) {
            reject(error)
          }
        }),
        refuse: (error) => settled(() => reject(error))(),
      }
      const timer = setTimeout(
        () =>
          early.refuse(
            new DialpadError('login_timeout', 'Dialpad did not respond. Check the network, then log in to Dialpad.'),
          ),
        this.#loginTimeoutMs,
      )
      this.#early.add(early)
    })
  }

  /** Makes this tab the one in which Dialpad rings. @throws DialpadError `not_initialized`, `iframe_missing`, `destroyed`. */
  enableCurrentTab(): void {
    this.#post('enable_current_tab')
  }

  /** Hangs up every call of the user. @throws DialpadError `not_initialized`, `iframe_missing`, `destroyed`. */
  endAllCalls(): void {
    this.#post('hang_up_all_calls')
  }

  /** @returns a function that removes the listener. */
  on<K extends keyof DialpadEvents>(event: K, listener: DialpadListener<K>): () => void {
    return this.#emitter.on(event, listener)
  }

  off<K extends keyof DialpadEvents>(event: K, listener: DialpadListener<K>): void {
    this.#emitter.off(event, listener)
  }

  /** Removes the iframe and every listener. Rejects waiting calls. */
  destroy(): void {
    if (this.#destroyed) return
    this.#destroyed = true
    removeEventListener('message', this.#receive)
    for (const early of [...this.#early]) early.refuse(new DialpadError('destroyed', 'The Mini Dialer was removed.'))
    for (const claim of this.#claims.values()) claim.release()
    this.#claims.clear()
    this.#emitter.clear()
    this.#iframe?.remove()
    this.#iframe = null
    this.#authentication = null
  }

  #callPayload(phoneNumber: string, options: InitiateCallOptions): Record<string, unknown> {
    const number = dialableNumber(phoneNumber, this.#region)
    if (!number) throw new DialpadError('phone_number_invalid', `Invalid phone number: ${JSON.stringify(phoneNumber)}.`)
    const { identityType, identityId, customData, outboundCallerId } = options
    if (customData !== undefined && customData.length > MAX_CUSTOM_DATA_LENGTH)
      throw new DialpadError(
        'custom_data_too_long',
        `Custom data has ${customData.length} characters; Dialpad accepts at most ${MAX_CUSTOM_DATA_LENGTH}.`,
      )
    if ((identityType === undefined) !== (identityId === undefined))
      throw new DialpadError('identity_invalid', 'Set both identityType and identityId, or neither.')
    if (identityType !== undefined && outboundCallerId !== undefined)
      throw new DialpadError('identity_invalid', 'Set either an identity or an outboundCallerId, not both.')
    const callerId = outboundCallerId === undefined ? undefined : dialableNumber(outboundCallerId, this.#region)
    if (callerId === null)
      throw new DialpadError('phone_number_invalid', 'The outbound caller id is not a valid phone number.')
    const payload = {
      phone_number: number,
      enable_current_tab: options.enableCurrentTab ?? true,
      identity_type: identityType,
      identity_id: identityId,
      outbound_caller_id: callerId,
      custom_data: customData,
    }
    return Object.fromEntries(Object.entries(payload).filter(([, value]) => value !== undefined))
  }

  #window(): Window {
    if (this.#destroyed) throw new DialpadError('destroyed', 'The Mini Dialer was removed.')
    if (!this.#iframe) throw new DialpadError('not_initialized', 'Call initializeCTI(clientId, container) first.')
    const target = this.#iframe.isConnected ? this.#iframe.contentWindow : null
    if (!target) throw new DialpadError('iframe_missing', 'The Mini Dialer iframe is no longer on the page.')
    return target
  }

  #post(method: 'enable_current_tab' | 'initiate_call' | 'hang_up_all_calls', payload?: object): void {
    const message = { api: 'opencti_dialpad', version: '1.0', method, ...(payload ? { payload } : {}) }
    this.#window().postMessage(message, this.#origin)
  }

  readonly #receive = (event: MessageEvent<unknown>): void => {
    if (event.origin !== this.#origin || !this.#iframe || event.source !== this.#iframe.contentWindow) return
    const message = readDialpadMessage(event.data)
    if (message?.method === 'user_authentication') this.#authenticated(message)
    if (message?.method === 'call_ringing') this.#ringing(message)
  }

  #authenticated({ payload }: DialpadMessage<'user_authentication'>): void {
    const before = this.#authentication
    this.#authentication = payload
    for (const early of [...this.#early])
      if (payload.authenticated) early.send()
      else early.refuse(notAuthenticated())
    if (before?.authenticated === payload.authenticated && before.user_id === payload.user_id) return
    this.#emitter.emit('authentication', payload)
  }

  #ringing({ payload: { state, call } }: DialpadMessage<'call_ringing'>): void {
    const claim = this.#claims.get(call.id)
    if (state === 'off') {
      this.#claims.delete(call.id)
      claim?.release()
      this.#emitter.emit('call_ringing', { ...call, state, handled_here: claim?.held === true })
      return
    }
    if (claim) return
    this.#claims.set(
      call.id,
      claimRingingCall(`${this.#origin} ${call.id}`, (held) =>
        this.#emitter.emit('call_ringing', { ...call, state, handled_here: held }),
      ),
    )
  }
}

const notAuthenticated = () =>
  new DialpadError('not_authenticated', 'No user is logged in to Dialpad. Log in to the Mini Dialer, then call again.')

import { Webhook } from 'standardwebhooks'

/** Signatures by the rules of https://www.standardwebhooks.com. */

const SECRET_BYTES = 32

/** Identifies what is delivered: the same for every attempt, so that a receiver can recognize a duplicate. */
export const webhookIdOf = (endpointId: string, seq: number): string => `${endpointId}_${seq}`

/** @returns a new secret: `whsec_` and base64. */
export const makeSecret = (): string =>
  `whsec_${Buffer.from(crypto.getRandomValues(new Uint8Array(SECRET_BYTES))).toString('base64')}`

export interface Signed {
  'webhook-id': string
  'webhook-timestamp': string
  'webhook-signature': string
}

/** @param secrets valid secrets; each adds one signature. @param at ms since the epoch. */
export function signatureHeaders(secrets: string[], id: string, at: number, body: string): Signed {
  const timestamp = new Date(at)
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at / 1000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, timestamp, body)).join(' '),
  }
}

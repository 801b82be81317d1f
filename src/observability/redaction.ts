import { errorReport } from '../lib/error-text'

const MAX_VALUE_CHARS = 2000
const MIN_SECRET_CHARS = 8

/** Patterns of secrets and personal data. Each runs in linear time, because a log line may contain untrusted text. */
const PATTERNS: [RegExp, string][] = [
  [/raw_[0-9a-f]{8,}/g, 'raw_…'],
  [/whsec_[\w+/=-]+/g, 'whsec_…'],
  [/(?<![\w-])eyJ[\w-]+\.[\w-]+\.[\w-]*/g, '[JWT]'],
  [/(\bBearer\s)\S+/gi, '$1…'],
  [/(\/\/[^/:@\s]{0,100}:)[^/@\s]{1,200}@/g, '$1…@'],
  [/([?&](?:api_key|token|access_token|refresh_token|client_secret|code|state|link)=)[^&\s"']+/g, '$1…'],
  [/(?<![\w.+%-])[\w.+%-]{1,64}(?:@|%40)[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}/g, '[email]'],
  [/(?:\+|%2B)\d{7,15}(?!\d)/gi, '[number]'],
  [/(?<![\w-])(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}(?![\w-])/g, '[number]'],
]

export type Redact = (text: string) => string

/** @param secrets values to remove, whatever their format. */
export function createRedact(secrets: string[]): Redact {
  const exact = [...new Set(secrets.flatMap((secret) => [secret, encodeURIComponent(secret)]))]
    .filter((secret) => secret.length >= MIN_SECRET_CHARS)
    .sort((a, b) => b.length - a.length)
  return (text) => {
    let clean = text
    for (const secret of exact) clean = clean.replaceAll(secret, '…')
    for (const [pattern, replacement] of PATTERNS) clean = clean.replace(pattern, replacement)
    return clean
  }
}

/** Redacts a value of a log line: bounds its length, and removes the data of an error. */
export function loggable(value: unknown): unknown {
  if (value === null || typeof value === 'number' || typeof value === 'boolean' || value === undefined) return value
  const text = typeof value === 'string' ? value : value instanceof Error ? errorReport(value) : asJson(value)
  return text.length > MAX_VALUE_CHARS ? `${text.slice(0, MAX_VALUE_CHARS)}…` : text
}

function asJson(value: unknown): string {
  const replace = (_key: string, inner: unknown) =>
    inner instanceof Error ? errorReport(inner) : typeof inner === 'bigint' ? String(inner) : inner
  try {
    return JSON.stringify(value, replace) ?? typeof value
  } catch {
    return `circular ${typeof value}`
  }
}

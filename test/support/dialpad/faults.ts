/** Ways Dialpad's API can fail, switched on by a test for the requests it names. Ready-made ones are in troubles.ts. */
export interface Fault {
  /** Method and path, for example `/^POST \/api\/v2\/call$/`. */
  on: RegExp
  /** How many matching requests it hits; for ever unless given. */
  times?: number
  /** Holds the request until the promise settles, then goes on (alone) or fails as the rest says. */
  delay?: () => Promise<void>
  /** Answers this status instead of serving the request. */
  status?: number
  headers?: Record<string, string>
  body?: string
  /** Serves the request and changes the JSON of its answer, which need not be as described any more. */
  alter?: (answer: Record<string, unknown>) => unknown
  /** Closes the connection: before serving the request, or having served it, after half the answer or before any of it. */
  cut?: 'before' | 'half' | 'after'
}

export const HTML_ERROR_PAGE =
  '<!doctype html><html><head><title>502</title></head><body><h1>Server Error</h1></body></html>'

export function createFaults() {
  let faults: Fault[] = []
  return {
    add(fault: Fault): void {
      faults.push(fault)
    },
    clear(): void {
      faults = []
    },
    take(request: string): Fault | undefined {
      const fault = faults.find((one) => one.on.test(request) && one.times !== 0)
      if (fault?.times !== undefined) fault.times--
      return fault
    },
  }
}

const JSON_HEADERS = { 'content-type': 'application/json; charset=UTF-8' }

/** Serves the request through the fault. */
export async function failing(fault: Fault, serve: () => Promise<Response>): Promise<Response> {
  await fault.delay?.()
  if (fault.cut === 'before') return cutOff(new Uint8Array(), JSON_HEADERS)
  if (fault.cut) return cutAnswer(await serve(), fault.cut)
  if (fault.alter) return altered(await serve(), fault.alter)
  if (fault.status === undefined && fault.body === undefined) return serve()
  return new Response(fault.body ?? JSON.stringify({ error: { message: 'Something went wrong' } }), {
    status: fault.status ?? 200,
    headers: { ...JSON_HEADERS, ...fault.headers },
  })
}

/** An error is passed on as it is: it has no shape to alter. */
async function altered(response: Response, alter: NonNullable<Fault['alter']>): Promise<Response> {
  if (!response.ok) return response
  return new Response(JSON.stringify(alter((await response.json()) as Record<string, unknown>)), {
    headers: JSON_HEADERS,
  })
}

async function cutAnswer(response: Response, cut: 'half' | 'after'): Promise<Response> {
  const bytes = await response.bytes()
  return cutOff(cut === 'half' ? bytes.subarray(0, bytes.length / 2) : new Uint8Array(), response.headers)
}

/** Sends the beginning of an answer and closes the connection. */
async function* beginningOf(bytes: Uint8Array<ArrayBuffer>) {
  if (bytes.length > 0) yield bytes
  // The bytes are on their way only when the server has gone round its loop.
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
  throw new Error('connection cut on purpose')
}
const cutOff = (beginning: Uint8Array<ArrayBuffer>, headers: Headers | Record<string, string>): Response =>
  // Bun streams an async iterable; the types of the web do not know it.
  new Response(beginningOf(beginning) as unknown as ReadableStream, { headers })

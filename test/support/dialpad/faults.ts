/** Ways Dialpad's API can fail, switched on by a test for the requests it names. */
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
  /** Closes the connection: before an answer, after half of it, or after having served the request but before answering. */
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

/** Serves the request through the fault. */
export async function failing(fault: Fault, serve: () => Promise<Response>): Promise<Response> {
  await fault.delay?.()
  if (fault.cut === 'after') await serve()
  if (fault.cut) return cutOff(fault.cut === 'half')
  if (fault.status === undefined && fault.body === undefined) return serve()
  return new Response(fault.body ?? JSON.stringify({ error: { message: 'Something went wrong' } }), {
    status: fault.status ?? 200,
    headers: { 'content-type': 'application/json; charset=UTF-8', ...fault.headers },
  })
}

function cutOff(half: boolean): Response {
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (half) controller.enqueue(new TextEncoder().encode('{"items":[{"call_id":"50'))
      await new Promise((resolve) => setImmediate(resolve))
      controller.error('connection cut on purpose')
    },
  })
  return new Response(stream, { headers: { 'content-type': 'application/json', 'content-length': '4096' } })
}

import { describe, expect, test } from 'bun:test'
import { CLIENT_FILE, generateClient } from '../support/generate-client'

describe('the typed client', () => {
  test('is made from the document of today (bun run api:generate)', async () => {
    const made = await generateClient()
    if (process.env.UPDATE_CLIENT) await Bun.write(CLIENT_FILE, made)
    expect(await Bun.file(CLIENT_FILE).text()).toBe(made)
  })
})

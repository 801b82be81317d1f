import { Elysia } from 'elysia'
import { z } from 'zod'
import type { Guards } from '../../auth/guards'
import { type ListedSetting, listSettings } from '../../config/listing'
import { responseSchema } from '../../http/response-schema'
import { sharedModels } from '../../http/schemas'

const Settings = responseSchema(() =>
  z.object({
    success: z.literal(true),
    settings: z.array(
      z.object({
        name: z.string(),
        value: z.string().nullable().describe('secrets are hidden'),
        origin: z
          .enum(['set', 'default', 'generated', 'not set'])
          .describe('`generated`: a secret that the sandbox generated'),
        description: z.string(),
      }),
    ),
  }),
)

/** @param config settings of this server. */
export const settingsRoutes = ({ guards, config }: { guards: Guards; config: Parameters<typeof listSettings>[0] }) =>
  new Elysia({ prefix: '/internal' })
    .use(guards)
    .use(sharedModels)
    .model({ Settings })
    .get(
      '/config',
      (): { success: true; settings: ListedSetting[] } => ({ success: true, settings: listSettings(config) }),
      {
        admin: true,
        response: { 200: 'Settings' },
        detail: {
          tags: ['Health'],
          operationId: 'listSettings',
          summary: 'List settings',
          description: 'Returns every setting with its value and origin. Secrets are hidden.',
        },
      },
    )

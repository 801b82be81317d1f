import { Elysia } from 'elysia'
import type { Guards } from '../auth/guards'
import { problems, sharedModels } from '../http/schemas'
import {
  Analytics,
  AnalyticsQuery,
  AnalyticsRow,
  InternalAnalyticsQuery,
  PresenceList,
  toAnalyticsCsv,
  toPresence,
  UserPresenceModel,
} from './model'
import type { PresenceQueries } from './presence'
import type { AnalyticsReports } from './reports'

const detail = {
  responses: {
    200: {
      description: 'The figures',
      content: {
        'application/json': { schema: { $ref: '#/components/schemas/Analytics' } },
        'text/csv': { schema: { type: 'string' as const } },
      },
    },
  },
}
const description =
  'Returns figures of conversations (not legs) and messages by hour, day or week in a time zone. CSV with `format=csv`. ' +
  'A conversation counts in the interval of its start. Its user is the one who answered, or the one it rang if nobody answered.'

export const analyticsRoutes = ({
  guards,
  analytics,
}: {
  guards: Guards
  analytics: { reports: AnalyticsReports; presence: PresenceQueries }
}) =>
  new Elysia({ tags: ['Analytics'] })
    .use(guards)
    .use(sharedModels)
    .model({ Analytics, AnalyticsRow, Presence: PresenceList, UserPresence: UserPresenceModel })
    .get(
      '/api/analytics',
      async ({ principal, query }) => asFormat(await analytics.reports.ofApp(principal, query), query.format),
      {
        scope: 'calls:read',
        query: AnalyticsQuery,
        response: { 200: 'Analytics' },
        detail: { ...detail, operationId: 'getAnalytics', summary: 'Get analytics', description },
      },
    )
    .get('/internal/analytics', async ({ query }) => asFormat(await analytics.reports.ofServer(query), query.format), {
      admin: true,
      query: InternalAnalyticsQuery,
      response: { 200: 'Analytics', ...problems('app_not_found') },
      detail: {
        ...detail,
        operationId: 'getServerAnalytics',
        summary: 'Get analytics of all apps',
        description: `${description} For all apps, or for one app with \`app_id\`.`,
      },
    })
    .get(
      '/api/presence',
      async ({ principal }) => ({
        success: true as const,
        presence: (await analytics.presence.list(principal)).map(toPresence),
      }),
      {
        scope: 'calls:read',
        response: { 200: 'Presence' },
        detail: {
          operationId: 'getPresence',
          summary: 'Get presence',
          description: 'Returns the last agent status of each mapped user, and whether the user is on a call now.',
        },
      },
    )

/** The response schema describes the JSON. A CSV file is sent without validation. */
function asFormat(report: Awaited<ReturnType<AnalyticsReports['ofApp']>>, format: 'json' | 'csv' | undefined) {
  if (format !== 'csv') return report
  return new Response(toAnalyticsCsv(report), {
    headers: {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': 'attachment; filename="analytics.csv"',
    },
  }) as never
}

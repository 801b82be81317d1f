import { answer, int64, page, Refused } from './answer'
import type { Route } from './routing'
import type { State, SubscriptionKind, User } from './state'

const PAGE = 2

interface NewSms {
  to_numbers: string[]
  text?: string
  user_id?: number
  from_number?: string
}

/** `/company`, `/users` and `/sms`. */
export function peopleRoutes(
  state: State,
  deliver: (kind: SubscriptionKind, event: Record<string, unknown>) => Promise<void>,
): Route[] {
  const wire = (user: User) => ({
    ...user,
    id: int64(user.id),
    office_id: int64(user.office_id),
    company_id: int64(state.company.id),
    country: 'us',
    license: 'talk',
  })
  return [
    [
      'GET /api/v2/company',
      () =>
        answer({
          ...state.company,
          id: int64(state.company.id),
          account_type: 'standard',
          country: 'us',
          office_count: '1',
        }),
    ],
    [
      'GET /api/v2/users',
      ({ query }) => {
        const wanted = query.state ?? 'active'
        const users = state.users.filter(
          (user) =>
            (wanted === 'all' || user.state === wanted) &&
            (query.company_admin === undefined || String(user.is_admin) === query.company_admin) &&
            (!query.email || user.emails.includes(query.email)) &&
            (!query.number || user.phone_numbers.includes(query.number)),
        )
        return page(users, query.cursor, PAGE, wire)
      },
    ],
    [
      'GET /api/v2/users/{id}',
      ({ id }) => {
        const user = state.users.find((one) => one.id === id)
        if (!user) throw new Refused(404, `user ${id} not found`)
        return answer(wire(user))
      },
    ],
    [
      'POST /api/v2/sms',
      ({ body }) => {
        const { to_numbers, text = '', user_id, from_number } = body as NewSms
        const user = state.users.find(({ id, phone_numbers }) => id === user_id || phone_numbers[0] === from_number)
        if (!user) throw new Refused(400, 'from_number or user_id must name a sender of the company')
        const id = state.nextId()
        const from = from_number ?? user.phone_numbers[0]!
        const now = state.clock()
        void deliver('sms', {
          id,
          created_date: now,
          direction: 'outbound',
          from_number: from,
          to_number: to_numbers,
          text,
          text_content: text,
          mms: false,
          mms_url: null,
          is_internal: false,
          sender_id: user.id,
          message_status: 'pending',
          message_delivery_result: null,
          contact: { id: state.nextId(), name: to_numbers[0], phone_number: to_numbers[0] },
          target: { id: user.id, type: 'user', name: user.display_name, phone_number: '(415) 555-1001' },
          admins: [],
          event_timestamp: now,
        })
        return answer({
          id: int64(id),
          contact_id: String(state.nextId()),
          created_date: new Date(now).toISOString(),
          device_type: 'public_api',
          direction: 'outbound',
          from_number: from,
          message_status: 'pending',
          target_id: int64(user.id),
          target_type: 'user',
          text,
          to_numbers,
          user_id: int64(user.id),
        })
      },
    ],
  ]
}

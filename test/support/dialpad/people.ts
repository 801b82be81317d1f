import { answer, page, Refused } from './answer'
import type { Route } from './routing'
import { Shapes } from './shapes'
import type { State, SubscriptionKind, User } from './state'

const PAGE = 2

/** `/company`, `/users` and `/sms`. */
export function peopleRoutes(
  state: State,
  deliver: (kind: SubscriptionKind, event: Record<string, unknown>) => Promise<void>,
): Route[] {
  const wire = (user: User) => ({ ...user, company_id: state.company.id, country: 'us', license: 'talk' })
  return [
    [
      'GET /api/v2/company',
      () => answer({ ...state.company, account_type: 'standard', country: 'us', office_count: '1' }),
    ],
    [
      'GET /api/v2/users',
      ({ query }) => {
        const users = state.users.filter(
          ({ emails, phone_numbers }) =>
            (!query.email || emails.includes(query.email)) && (!query.number || phone_numbers.includes(query.number)),
        )
        return page(users, query.cursor, PAGE, wire)
      },
    ],
    [
      'GET /api/v2/users/:id',
      ({ id }) => {
        const user = state.users.find((one) => one.id === id)
        if (!user) throw new Refused(404, `user ${id} not found`)
        return answer(wire(user))
      },
    ],
    [
      'POST /api/v2/sms',
      ({ parse }) => {
        const { to_numbers, text = '', user_id, from_number } = parse(Shapes.sendSms)
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
          id,
          contact_id: state.nextId(),
          created_date: new Date(now).toISOString(),
          device_type: 'public_api',
          direction: 'outbound',
          from_number: from,
          message_status: 'pending',
          target_id: user.id,
          target_type: 'user',
          text,
          to_numbers,
          user_id: user.id,
        })
      },
    ],
  ]
}

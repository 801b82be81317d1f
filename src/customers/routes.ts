import { Elysia } from 'elysia'
import { z } from 'zod'
import type { Auth } from '../auth/guards'
import { problems, sharedModels, toPage } from '../http/schemas'
import {
  Contact,
  ContactAnswer,
  ContactList,
  ContactQuery,
  ContactsSaved,
  LookupQuery,
  NewContact,
  NewContacts,
  toContact,
} from './model'
import type { ContactService } from './service'

const ContactId = z.object({ id: z.string().min(1).max(220).describe('our id, or `external:<external_id>`') })

export const contactRoutes = ({ auth, contacts }: { auth: Auth; contacts: ContactService }) =>
  new Elysia({ prefix: '/api/contacts', tags: ['Customers'] })
    .use(auth)
    .use(sharedModels)
    .model({ NewContact, NewContacts, Contact, ContactAnswer, ContactList, ContactsSaved })
    .put(
      '/',
      async ({ principal, body }) => ({
        success: true as const,
        ...(await contacts.save(principal.appId, body.contacts)),
      }),
      {
        scope: 'contacts:write',
        body: 'NewContacts',
        response: { 200: 'ContactsSaved', ...problems(400, 401, 403, 415, 422, 429) },
        detail: {
          summary: 'Create or replace customers',
          description:
            'Up to 10,000 by `external_id`, in one transaction: all of them or, when a row is wrong, none. The 422 answer ' +
            'names each wrong field in `errors`, such as `contacts.3.phones.0`. Calls and live events from a number known ' +
            'here carry the `customer`.',
        },
      },
    )
    .get(
      '/',
      async ({ principal, query }) => {
        const found = await contacts.list(principal.appId, query, toPage(query))
        return { success: true as const, contacts: found.contacts.map(toContact), pagination: found.pagination }
      },
      {
        scope: 'contacts:read',
        query: ContactQuery,
        response: { 200: 'ContactList', ...problems(401, 403, 422, 429) },
        detail: { summary: 'Search customers', description: 'By name.' },
      },
    )
    .get(
      '/lookup',
      async ({ principal, query }) => ({
        success: true as const,
        contact: toContact(await contacts.lookup(principal.appId, query.phone)),
      }),
      {
        scope: 'contacts:read',
        query: LookupQuery,
        response: { 200: 'ContactAnswer', ...problems(401, 403, 404, 422, 429) },
        detail: { summary: 'Look up a number', description: 'Whose number it is; of several the first one entered.' },
      },
    )
    .get(
      '/:id',
      async ({ principal, params }) => ({
        success: true as const,
        contact: toContact(await contacts.get(principal.appId, params.id)),
      }),
      {
        scope: 'contacts:read',
        params: ContactId,
        response: { 200: 'ContactAnswer', ...problems(401, 403, 404, 422, 429) },
        detail: { summary: 'Read a customer', description: 'One customer with all numbers.' },
      },
    )
    .delete(
      '/:id',
      async ({ principal, params }) => ({
        success: true as const,
        contact: toContact(await contacts.remove(principal.appId, params.id)),
      }),
      {
        scope: 'contacts:write',
        params: ContactId,
        response: { 200: 'ContactAnswer', ...problems(401, 403, 404, 422, 429) },
        detail: {
          summary: 'Delete a customer',
          description: 'Calls stay; those that named the customer keep its id. Answers with what was deleted.',
        },
      },
    )

import { Elysia } from 'elysia'
import { z } from 'zod'
import type { Guards } from '../auth/guards'
import { problems, sharedModels, toPage } from '../http/schemas'
import {
  Customer,
  CustomerAnswer,
  CustomerList,
  CustomerQuery,
  CustomersSaved,
  LookupQuery,
  NewCustomer,
  NewCustomers,
  toCustomer,
} from './model'
import type { CustomerService } from './service'

const CustomerId = z.object({
  id: z.string().min(1).max(220).describe('id of the customer, or `external:<external_id>`'),
})

export const customerRoutes = ({
  guards,
  customers,
  forgetCustomer,
}: {
  guards: Guards
  customers: { directory: CustomerService }
  /** Removes a deleted customer from other records. */
  forgetCustomer(appId: string, externalId: string): Promise<void>
}) =>
  new Elysia({ prefix: '/api/customers', tags: ['Customers'] })
    .use(guards)
    .use(sharedModels)
    .model({ NewCustomer, NewCustomers, Customer, CustomerAnswer, CustomerList, CustomersSaved })
    .put(
      '/',
      async ({ principal, body }) => ({
        success: true as const,
        ...(await customers.directory.save(principal.appId, body.customers)),
      }),
      {
        scope: 'customers:write',
        body: 'NewCustomers',
        response: { 200: 'CustomersSaved' },
        detail: {
          operationId: 'saveCustomers',
          summary: 'Create or replace customers',
          description:
            'Creates or replaces up to 10,000 customers by `external_id` in one transaction. If a row is invalid, nothing is ' +
            'stored and the 422 response lists each invalid field in `errors`, such as `customers.3.phones.0`. Calls and live ' +
            'events of a known number include the `customer`.',
        },
      },
    )
    .get(
      '/',
      async ({ principal, query }) => {
        const found = await customers.directory.list(principal.appId, query, toPage(query))
        return { success: true as const, customers: found.customers.map(toCustomer), pagination: found.pagination }
      },
      {
        scope: 'customers:read',
        query: CustomerQuery,
        response: { 200: 'CustomerList' },
        detail: {
          operationId: 'listCustomers',
          summary: 'List customers',
          description: 'Returns customers, sorted by name.',
        },
      },
    )
    .get(
      '/lookup',
      async ({ principal, query }) => ({
        success: true as const,
        customer: toCustomer(await customers.directory.lookup(principal.appId, query.phone)),
      }),
      {
        scope: 'customers:read',
        query: LookupQuery,
        response: { 200: 'CustomerAnswer', ...problems('customer_not_found') },
        detail: {
          operationId: 'lookupCustomer',
          summary: 'Look up a customer by number',
          description: 'Returns the customer with this number. If there are several, the oldest one.',
        },
      },
    )
    .get(
      '/:id',
      async ({ principal, params }) => ({
        success: true as const,
        customer: toCustomer(await customers.directory.get(principal.appId, params.id)),
      }),
      {
        scope: 'customers:read',
        params: CustomerId,
        response: { 200: 'CustomerAnswer', ...problems('customer_not_found') },
        detail: {
          operationId: 'getCustomer',
          summary: 'Get a customer',
          description: 'Returns a customer with all phone numbers.',
        },
      },
    )
    .delete(
      '/:id',
      async ({ principal, params }) => {
        const removed = await customers.directory.remove(principal.appId, params.id)
        await forgetCustomer(principal.appId, removed.customer.externalId)
        return { success: true as const, customer: toCustomer(removed) }
      },
      {
        scope: 'customers:write',
        params: CustomerId,
        response: { 200: 'CustomerAnswer', ...problems('customer_not_found') },
        detail: {
          operationId: 'deleteCustomer',
          summary: 'Delete a customer',
          description:
            'Deletes a customer and removes its name from stream entries. Calls of the customer remain with its id, without custom data. To delete them too, the operator erases the phone number. Returns the deleted customer.',
        },
      },
    )

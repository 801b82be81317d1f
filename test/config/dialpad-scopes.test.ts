import { expect, test } from 'bun:test'
import { missingScopes, SCOPE_FEATURES } from '../../src/config/dialpad-scopes'
import { testConfig } from '../support/server'

test('the default scopes are all that the features need', () => {
  expect(missingScopes(testConfig('sqlite::memory:').dialpad.scopes)).toEqual([])
})

test('each missing scope is reported with the feature that needs it, and the scope for the whole company counts', () => {
  expect(missingScopes('calls:list recordings_export:all offline_access').map(({ feature }) => feature)).toEqual([
    'the text of SMS',
  ])
  expect(missingScopes('message_content_export,offline_access').map(({ scope }) => scope)).toEqual([
    'calls:list',
    'recordings_export',
  ])
  expect(missingScopes('')).toEqual(SCOPE_FEATURES)
})

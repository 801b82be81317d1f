import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { admin, read } from './api'
import { Field, Problem } from './ui'

const SETTLED_MS = 300

const chosenIn = (appId: string) => `cti-console-user ${appId}`

/** The Dialpad user the operator acts as, stored in this browser. Null until one is chosen. */
export function useActingUser(appId: string): [userId: number | null, choose: (userId: number) => void] {
  const [userId, setUserId] = useState(() => Number(localStorage.getItem(chosenIn(appId))) || null)
  return [
    userId,
    (chosen) => {
      localStorage.setItem(chosenIn(appId), String(chosen))
      setUserId(chosen)
    },
  ]
}

interface ActingUserFieldProps {
  appId: string
  label: string
  userId: number | null
  onChoose: (userId: number) => void
}

/** Selects a Dialpad user of the app's account. Large accounts get a search. */
export function ActingUserField({ appId, label, userId, onChoose }: ActingUserFieldProps) {
  const [text, setText] = useState('')
  const all = useDialpadUsers(appId, '')
  const found = useDialpadUsers(appId, useSettled(text.trim()))
  const isListed = found.data?.users.some(({ dialpad_user_id }) => dialpad_user_id === userId)
  // Dialpad ids are unique, so a search for one returns its user.
  const chosen = useDialpadUsers(appId, String(userId), userId !== null && isListed === false)
  if (all.error) return <Problem error={all.error} retry={() => void all.refetch()} />
  const others = isListed === false ? (chosen.data?.users ?? []) : []
  const users = [...others.filter(({ dialpad_user_id }) => dialpad_user_id === userId), ...(found.data?.users ?? [])]
  const isKnown = users.some(({ dialpad_user_id }) => dialpad_user_id === userId)
  return (
    <>
      {all.data?.pagination.has_more && (
        <Field label="Find a user">
          <input
            type="search"
            value={text}
            placeholder="Name, number or email"
            onChange={(event) => setText(event.target.value)}
            onKeyDown={(event) => event.key === 'Enter' && event.preventDefault()}
          />
        </Field>
      )}
      <Problem error={found.error} />
      <Field label={label}>
        <select
          required
          value={isKnown ? String(userId) : ''}
          onChange={(event) => onChoose(Number(event.target.value))}
          disabled={!found.data}
        >
          <option value="" disabled>
            {!found.data ? 'Loading users' : found.data.users.length === 0 ? 'No user found' : 'Choose a user'}
          </option>
          {users.map(({ dialpad_user_id, name, crm_user_id }) => (
            <option key={dialpad_user_id} value={dialpad_user_id}>
              {name ?? `Dialpad user ${dialpad_user_id}`}
              {crm_user_id ? ` (${crm_user_id})` : ''}
            </option>
          ))}
        </select>
      </Field>
    </>
  )
}

const useDialpadUsers = (appId: string, q: string, enabled = true) =>
  useQuery({
    queryKey: ['dialpad-users', appId, q],
    queryFn: () => {
      const query = { limit: 100, ...(q !== '' && { q }) }
      return read(admin.GET('/internal/apps/{app_id}/dialpad/users', { params: { path: { app_id: appId }, query } }))
    },
    enabled,
    placeholderData: keepPreviousData,
    staleTime: 300_000,
  })

/** The typed text, once it has not changed for a moment. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), SETTLED_MS)
    return () => clearTimeout(timer)
  }, [text])
  return settled
}

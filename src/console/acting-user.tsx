import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { admin, read } from './api'
import { Field, Problem } from './ui'

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

/** Selects a Dialpad user of the app's account. */
export function ActingUserField({ appId, label, userId, onChoose }: ActingUserFieldProps) {
  const { data, error, refetch } = useQuery({
    queryKey: ['dialpad-users', appId],
    queryFn: async () => {
      const params = { path: { app_id: appId }, query: { limit: 100 } }
      return (await read(admin.GET('/internal/apps/{app_id}/dialpad/users', { params }))).users
    },
    staleTime: 300_000,
  })
  if (error) return <Problem error={error} retry={() => void refetch()} />
  const isKnown = data?.some(({ dialpad_user_id }) => dialpad_user_id === userId)
  return (
    <Field label={label}>
      <select
        required
        value={isKnown ? String(userId) : ''}
        onChange={(event) => onChoose(Number(event.target.value))}
        disabled={!data}
      >
        <option value="" disabled>
          {data ? 'Choose a user' : 'Loading users'}
        </option>
        {data?.map(({ dialpad_user_id, name, crm_user_id }) => (
          <option key={dialpad_user_id} value={dialpad_user_id}>
            {name ?? `Dialpad user ${dialpad_user_id}`}
            {crm_user_id ? ` (${crm_user_id})` : ''}
          </option>
        ))}
      </select>
    </Field>
  )
}

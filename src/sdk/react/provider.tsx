import { createContext, type ReactNode, useContext, useEffect, useState } from 'react'
import type { CallTracker } from '../call-tracker'
import type { CtiClient } from '../cti-client'

interface Cti {
  client: CtiClient
  tracker: CallTracker
}

const CtiContext = createContext<Cti | null>(null)

/** Connects the components below it to the CTI server: call states, customer names, records. Without it they only use the Mini Dialer. */
export function CtiProvider({ client, children }: { client: CtiClient; children: ReactNode }) {
  const [cti, setCti] = useState<Cti | null>(null)
  useEffect(() => {
    const tracker = client.track(client.userId === null ? {} : { user_id: client.userId })
    setCti({ client, tracker })
    return () => tracker.close()
  }, [client])
  return <CtiContext.Provider value={cti}>{children}</CtiContext.Provider>
}

/** Null outside a `CtiProvider`. */
export const useCti = (): Cti | null => useContext(CtiContext)

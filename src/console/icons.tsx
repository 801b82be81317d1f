export const BrandIcon = () => (
  <svg
    width="20"
    height="20"
    viewBox="0 0 24 24"
    fill="none"
    stroke="currentColor"
    strokeWidth="2.2"
    aria-hidden="true"
  >
    <path strokeLinecap="round" d="M4 12a8 8 0 0 1 16 0M8 12a4 4 0 0 1 8 0" />
    <circle cx="12" cy="16" r="3" fill="currentColor" stroke="none" />
  </svg>
)

const Icon = ({ path }: { path: string }) => (
  <svg width="14" height="14" viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="2" aria-hidden="true">
    <path strokeLinecap="round" strokeLinejoin="round" d={path} />
  </svg>
)
export const CopyIcon = () => <Icon path="M9 9h11v11H9zM5 15H4V4h11v1" />
export const CheckIcon = () => <Icon path="m5 13 4 4L19 7" />
export const SortIcon = ({ direction }: { direction: 'ascending' | 'descending' | 'none' }) => (
  <Icon
    path={
      { ascending: 'M12 19V5m-6 6 6-6 6 6', descending: 'M12 5v14m-6-6 6 6 6-6', none: 'm8 9 4-4 4 4M8 15l4 4 4-4' }[
        direction
      ]
    }
  />
)
export const IncomingIcon = () => <Icon path="M17 7 7 17m0-9v9h9" />
export const OutgoingIcon = () => <Icon path="M7 17 17 7m0 9V7H8" />

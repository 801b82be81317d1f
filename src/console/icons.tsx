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

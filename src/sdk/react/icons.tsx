const props = {
  width: 16,
  height: 16,
  viewBox: '0 0 24 24',
  fill: 'none',
  stroke: 'currentColor',
  strokeWidth: 2,
  strokeLinecap: 'round',
  strokeLinejoin: 'round',
} as const

export const PhoneIcon = () => (
  <svg aria-hidden="true" {...props}>
    <path d="M5 4h3.5l1.6 4.3-2.2 1.5a12 12 0 0 0 6.3 6.3l1.5-2.2L20 15.5V19a1.5 1.5 0 0 1-1.6 1.5A15.5 15.5 0 0 1 3.5 5.6 1.5 1.5 0 0 1 5 4Z" />
  </svg>
)

export const CollapseIcon = () => (
  <svg aria-hidden="true" {...props}>
    <path d="m6 9 6 6 6-6" />
  </svg>
)

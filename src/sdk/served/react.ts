/** `/sdk/react.js` includes React, for pages without a bundler. */

export { createElement, Fragment, useEffect, useMemo, useState } from 'react'
export { createRoot } from 'react-dom/client'
export * from '../react'

/** `/sdk/react.js` brings its React along, for pages that have no bundler. */

export { createElement, Fragment, useEffect, useMemo, useState } from 'react'
export { createRoot } from 'react-dom/client'
export * from '../react'

import { createTar } from 'nanotar'
import ownLicense from '../../../LICENSE' with { type: 'text' }
import phoneNumberLicense from '../../../node_modules/libphonenumber-js/LICENSE' with { type: 'text' }
import { VERSION } from '../../config/version'
import clientReadme from '../../sdk/npm/cti-client.md' with { type: 'text' }
import reactReadme from '../../sdk/npm/cti-react.md' with { type: 'text' }
import { clientModules, reactModules } from './package-modules'
import { declarationsFrom } from './types'

export const PACKAGE_NAMES = ['cti-client', 'cti-react'] as const
export type PackageName = (typeof PACKAGE_NAMES)[number]

const SHARED_MANIFEST = {
  version: VERSION,
  license: 'MIT',
  type: 'module',
  sideEffects: false,
  engines: { node: '>=20' },
}
const module = (file: string, types: string) => ({ types: `./types/${types}.d.ts`, default: `./${file}.js` })

const PACKAGES: Record<PackageName, () => Record<string, string>> = {
  'cti-client': () => ({
    ...clientModules,
    ...typesOf('sdk/cti.d.ts'),
    'README.md': clientReadme,
    'package.json': manifest({
      name: 'cti-client',
      description: 'The CTI server from browsers and Node.js: calls, messages, live events, Dialpad’s Mini Dialer.',
      exports: { '.': module('cti', 'sdk/cti') },
    }),
  }),
  'cti-react': () => ({
    ...asClientModules(reactModules),
    ...typesOf('sdk/react.d.ts'),
    ...typesOf('sdk/dialpad-service.d.ts'),
    'README.md': reactReadme,
    'package.json': manifest({
      name: 'cti-react',
      description: 'Dialpad calls in React: the phone, click to call, screen pops.',
      exports: {
        '.': module('react', 'sdk/react'),
        './DialpadCTI': module('dialpad-cti', 'sdk/react/dialpad-cti'),
        './CallButton': module('call-button', 'sdk/react/call-button'),
        './DialpadService': module('dialpad-service', 'sdk/dialpad-service'),
      },
      peerDependencies: { react: '>=18', 'react-dom': '>=18' },
    }),
  }),
}

/** Returns the files of an npm package, by path. */
export const packageFiles = (name: PackageName): Record<string, string> => ({
  ...PACKAGES[name](),
  LICENSE: `${ownLicense}\nThe modules contain libphonenumber-js:\n\n${phoneNumberLicense}`,
})

const tarballs = new Map<PackageName, Uint8Array<ArrayBuffer>>()

/** Packs the package for `npm install`. Always the same bytes, because lockfiles store its checksum. */
export function packageTarball(name: PackageName): Uint8Array<ArrayBuffer> {
  const made = tarballs.get(name)
  if (made) return made
  const files = Object.entries(packageFiles(name)).sort(([a], [b]) => (a < b ? -1 : 1))
  const tar = createTar(
    files.map(([path, data]) => ({ name: `package/${path}`, data })),
    { attrs: { mtime: 0, mode: '644', uid: 0, gid: 0 } },
  )
  const tarball = Bun.gzipSync(tar as Uint8Array<ArrayBuffer>, { level: 9 })
  tarballs.set(name, tarball)
  return tarball
}

const manifest = (own: object) => `${JSON.stringify({ ...own, ...SHARED_MANIFEST }, null, 2)}\n`

const typesOf = (entry: string) =>
  Object.fromEntries(Object.entries(declarationsFrom(entry)).map(([path, text]) => [`types/${path}`, text]))

/** Marks the module as client code for Next.js. */
const asClientModules = (modules: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(modules).map(([name, text]) => [name, name.startsWith('chunk-') ? text : `'use client'\n${text}`]),
  )

/** What a release must satisfy before anything is built. */

export interface Finding {
  check: 'version' | 'changelog' | 'working tree'
  /** `broken` must never be committed; `not ready` only stops a real release. */
  verdict: 'ok' | 'not ready' | 'broken'
  detail: string
}

const VERSION = /^(\d+)\.(\d+)\.(\d+)(-[\w.]+)?$/
const HEADING = /^## \[([^\]]+)\](?: - (.+))?$/
const DATE = /^\d{4}-\d{2}-\d{2}$/

/** @param tags every tag of the repository, such as `v0.1.0`; null outside a repository. */
export function checkVersion(version: string, tags: string[] | null): Finding {
  const finding = (verdict: Finding['verdict'], detail: string): Finding => ({ check: 'version', verdict, detail })
  if (!VERSION.test(version)) return finding('broken', `package.json has the version "${version}", which is not x.y.z`)
  if (tags === null) return finding('not ready', 'this is not a git repository')
  const released = tags.map((tag) => tag.replace(/^v/, '')).filter((tag) => VERSION.test(tag))
  const newest = released.sort(Bun.semver.order).at(-1)
  if (newest !== undefined && Bun.semver.order(version, newest) <= 0)
    return finding('not ready', `${version} is not newer than the tag v${newest}; raise it in package.json`)
  return finding('ok', `${version} is newer than ${newest === undefined ? 'every tag' : `v${newest}`}`)
}

/** @param today as YYYY-MM-DD. */
export function checkChangelog(changelog: string, version: string, today: string): Finding {
  const finding = (verdict: Finding['verdict'], detail: string): Finding => ({ check: 'changelog', verdict, detail })
  const sections = changelogSections(changelog)
  const found = sections.filter((section) => section.version === version)
  const [section] = found
  if (!section || found.length > 1) return finding('broken', `CHANGELOG.md has ${found.length} sections for ${version}`)
  if (!/^- \S/m.test(section.text)) return finding('broken', `the section for ${version} lists no change`)
  for (const [index, { version: older }] of sections.slice(1).entries())
    if (Bun.semver.order(sections[index]?.version ?? older, older) <= 0)
      return finding('broken', `the section for ${older} is not below the sections of newer versions`)
  if (!DATE.test(section.date)) return finding('not ready', `the section for ${version} has no date yet`)
  if (section.date > today) return finding('not ready', `the section for ${version} is dated ${section.date}`)
  return finding('ok', `the section for ${version} is dated ${section.date}`)
}

/** @param status the output of `git status --porcelain`; null outside a repository. */
export function checkWorkingTree(status: string | null): Finding {
  const finding = (verdict: Finding['verdict'], detail: string): Finding => ({ check: 'working tree', verdict, detail })
  if (status === null) return finding('not ready', 'this is not a git repository')
  const changed = status.split('\n').filter(Boolean)
  if (changed.length > 0) return finding('not ready', `${changed.length} files are not committed`)
  return finding('ok', 'everything is committed')
}

/** @returns the sections by version, newest first as written; `date` is empty where the heading has none. */
export function changelogSections(changelog: string): { version: string; date: string; text: string }[] {
  const sections: { version: string; date: string; text: string }[] = []
  for (const line of changelog.split('\n')) {
    const [, version, date = ''] = HEADING.exec(line) ?? []
    if (version !== undefined) sections.push({ version, date, text: '' })
    else {
      const section = sections.at(-1)
      if (section) section.text += `${line}\n`
    }
  }
  return sections
}

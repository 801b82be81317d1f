/** Whether the programs are installed. Prints which are not, so that a skipped test has its reason in the output. */
export function hasPrograms(what: string, ...names: string[]): boolean {
  const missing = names.filter((name) => !Bun.which(name))
  if (missing.length > 0)
    console.log(`skipped: ${what} needs ${missing.join(' and ')}, which this machine does not have`)
  return missing.length === 0
}

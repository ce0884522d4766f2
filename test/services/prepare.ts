import { aptInstall, canAptInstall } from './apt-install.ts'
import { isMissing, NEEDED } from './needed-programs.ts'

/**
 * Runs once before the suites that need real services (vitest's `globalSetup`), outside every test's deadline: what is
 * missing is installed in one go, as root on Debian. Elsewhere `provide` finds another way, or says what is missing.
 */
export default async function prepare(): Promise<void> {
  const missing = NEEDED.filter(isMissing)
  if (missing.length > 0 && canAptInstall()) await aptInstall([...new Set(missing.map((need) => need.package))])
}

import { STEP_NAMES, stateOfStep } from '@mooring/core'
import type { Attempt } from './api-client.ts'
import type { ZoneRecord } from './demo-zone.ts'

const STATE_WIDTH = 'provisioning_cert'.length
const STEP_WIDTH = Math.max(...STEP_NAMES.map((name) => name.length))

/** `  0.12 s  verifying          verify_ownership    done     3 ms`: since the registration, and of this step alone. */
export function attemptLine({ step, started_at, outcome, detail }: Attempt, finishedAt: Date, since: Date): string {
  const known = STEP_NAMES.find((name) => name === step)
  const state = (known === undefined ? null : stateOfStep(known)) ?? ''
  const took = `${finishedAt.getTime() - started_at.getTime()} ms`
  const head = stateLine(state.padEnd(STATE_WIDTH), finishedAt, since)
  const line = `${head}  ${step.padEnd(STEP_WIDTH)}  ${outcome.padEnd(10)} ${took.padStart(7)}`
  return outcome === 'done' || detail === null ? line : `${line}\n          ${detail}`
}

/** `  0.48 s  active` */
export function stateLine(state: string, at: Date, since: Date): string {
  return `${((at.getTime() - since.getTime()) / 1000).toFixed(2).padStart(6)} s  ${state}`
}

export const recordLine = ({ type, name, value }: ZoneRecord): string => `          ${type.padEnd(5)} ${name}  ${value}`

/**
 * The one line to copy. It works from any folder and another shell: the CA's path is absolute and quoted when it must
 * be, the name is led to this machine, and a proxy of the reader's environment is left out.
 */
export function curlLine(site: { hostname: string; port: number; caFile: string }, env: NodeJS.ProcessEnv): string {
  const hasProxy = ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'].some((name) => (env[name] ?? '') !== '')
  return [
    'curl',
    ...(hasProxy ? [`--noproxy ${site.hostname}`] : []),
    `--cacert ${quoted(site.caFile)}`,
    `--resolve ${site.hostname}:${site.port}:127.0.0.1`,
    `https://${site.hostname}${site.port === 443 ? '' : `:${site.port}`}/`,
  ].join(' ')
}

const quoted = (path: string): string => (/^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`)

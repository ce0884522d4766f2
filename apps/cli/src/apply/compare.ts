import { isDeepStrictEqual } from 'node:util'
import type { Registration } from './desired.ts'
import type { ServiceStep } from './compare-service.ts'
import type { Present } from './present.ts'

/** What is to be done so that a domain is as it is wanted. */
export type Step =
  | { kind: 'create'; hostname: string; tenant: string; body: Registration }
  | {
      kind: 'change'
      hostname: string
      tenant: string
      id: string
      etag: string | null
      fields: string[]
      body: object
    }
  | { kind: 'restore'; hostname: string; tenant: string; id: string }
  | { kind: 'nothing'; hostname: string; tenant: string }
  | { kind: 'delete'; hostname: string; tenant: string; id: string }
  /** It cannot become so: these fields are decided when a domain is launched. */
  | { kind: 'conflict'; hostname: string; tenant: string; fields: string[] }

const FIXED = ['verification', 'tls', 'edge_pool', 'vhost'] as const

/** Of a domain, or of a service that domains lead to. */
export type AnyStep = Step | ServiceStep

/** Compares what is wanted with what is there; what a file does not say may be anything. */
export function compare(wanted: Registration, present: Present, etag: string | null): Step {
  const { id, hostname, tenant, state } = present
  const fixed = FIXED.filter((field) => wanted[field] !== undefined && !fits(wanted[field], present[field]))
  if (fixed.length > 0) return { kind: 'conflict', hostname, tenant, fields: fixed }
  if (state === 'deprovisioning') return { kind: 'restore', id, hostname, tenant }
  const fields = [
    ...(fits(wanted.target, present.target) ? [] : ['target' as const]),
    // As a whole: what is left out of metadata is to go.
    ...(wanted.metadata === undefined || isDeepStrictEqual(wanted.metadata, present.metadata)
      ? []
      : ['metadata' as const]),
  ]
  if (fields.length === 0) return { kind: 'nothing', hostname, tenant }
  const body = Object.fromEntries(fields.map((field) => [field, wanted[field]]))
  return { kind: 'change', hostname, tenant, id, etag, fields, body }
}

/** Of what a field holds, the server fills in what was left out. */
function fits(wanted: unknown, present: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null) return wanted === present
  const there = present as Record<string, unknown>
  return Object.entries(wanted).every(([field, value]) => isDeepStrictEqual(written(value), written(there[field])))
}

/** The server writes addresses in one way, such as with a slash at the end. */
const written = (value: unknown): unknown =>
  typeof value === 'string' && URL.canParse(value) ? new URL(value).href : value

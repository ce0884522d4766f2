import { readFileSync } from 'node:fs'
import type { RegistrationRules, Target } from '@mooring/core'

/** A hostname with what becomes of it: the code of its refusal, or its normal form. */
export type HostnameCase = { input: string; why: string } & ({ code: string } | { hostname: string })

/** A target with what becomes of its URL. */
export type TargetCase = { target: Target; why: string } & ({ code: string } | { url: string })

export const hostnameCases = (): HostnameCase[] => read('hostnames.json') as HostnameCase[]
export const targetCases = (): TargetCase[] => read('targets.json') as TargetCase[]

/** The platform that the corpus is written for. */
export const CORPUS_RULES: RegistrationRules = {
  hostnames: { reserved: ['edge.platform.example'], allowedZones: ['customer.test'] },
  addresses: { allow: ['10.0.0.0/8'] },
  edge: { hostname: 'edge.platform.example', addresses: ['93.184.215.14'] },
}

const read = (file: string): unknown => JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8'))

import { type Clock, type Registry, systemClock } from '@mooring/core'
import { type Kysely, sql } from 'kysely'
import { listCertificates } from './certificate-list.ts'
import { challengeAnswer } from './challenge-answer.ts'
import { change } from './change.ts'
import type { TenantDatabase } from './database.ts'
import { giveConsent, withdrawConsent } from './consents.ts'
import { createMany } from './create-many.ts'
import { create } from './create.ts'
import type { Scope } from './domain-search.ts'
import { erase } from './erase.ts'
import { idempotently } from './idempotency.ts'
import { importCertificate } from './import-certificate.ts'
import { check, retry } from './intents.ts'
import { jobCounts, listJobs } from './jobs.ts'
import { remove, restore } from './leaving.ts'
import { findDomain, listAttempts, listDomains, listEvents } from './listing.ts'
import { renew } from './renew.ts'
import { rotateToken } from './rotate-token.ts'
import { resume, suspend } from './suspend.ts'
import type { Tables } from './tables.ts'
import { inTransaction } from './transaction.ts'

export interface RegistryOptions {
  /** How long a token may be looked for, counted from the retry, the restoration or the rotation that asked for it. */
  tokenLifetimeMs: number
  /** How long the old token stays good beside the new one. */
  rotationGraceMs: number
  /** What tokens expire by; due times are the database's. */
  clock?: Clock
}

/** On the whole database, or on what one tenant has of it (`database.asTenant`). */
export function createRegistry({ kysely, tenant }: TenantDatabase, options: RegistryOptions): Registry {
  return registryOn(kysely, { clock: systemClock, ...options, isTenant: tenant !== undefined })
}

/** The same registry on the pool or within one transaction. */
function registryOn(kysely: Kysely<Tables>, options: Required<RegistryOptions> & Scope): Registry {
  return {
    create: (domain) => create(kysely, domain),
    createMany: (domains) => createMany(kysely, domains),
    find: (idOrHostname) => findDomain(kysely, idOrHostname),
    list: (filter, page) => listDomains(kysely, filter, { ...page, isTenant: options.isTenant }),
    events: (domainId, page) => listEvents(kysely, domainId, page),
    attempts: (domainId, page) => listAttempts(kysely, domainId, page),
    jobs: (filter, page) => listJobs(kysely, filter, { ...page, isTenant: options.isTenant }),
    jobCounts: () => jobCounts(kysely),
    certificates: (filter, page) => listCertificates(kysely, filter, { ...page, isTenant: options.isTenant }),
    check: (id) => check(kysely, id),
    retry: (id) => retry(kysely, id, options),
    renew: (id) => renew(kysely, id),
    importCertificate: (id, imported) => importCertificate(kysely, id, imported),
    change: (id, patch) => change(kysely, id, patch),
    suspend: (id) => suspend(kysely, id),
    resume: (id) => resume(kysely, id),
    rotateToken: (id) => rotateToken(kysely, id, options),
    remove: (id, how) => remove(kysely, id, how),
    restore: (id) => restore(kysely, id, options),
    erase: (id) => erase(kysely, id),
    giveConsent: (id, tenant) => giveConsent(kysely, id, tenant),
    withdrawConsent: (id, tenant) => withdrawConsent(kysely, id, tenant),
    holding: (id, work) =>
      inTransaction(kysely, async (transaction) => {
        await sql`select id from domains where id = ${id} for no key update`.execute(transaction)
        return work(registryOn(transaction, options))
      }),
    challengeAnswer: (token, hostname) => challengeAnswer(kysely, token, hostname),
    idempotently: (key, requestHash, work, { patienceMs } = {}) =>
      idempotently(kysely, {
        key,
        requestHash,
        patienceMs,
        work: (transaction) => work(registryOn(transaction, options)),
      }),
  }
}

import type { Registry } from '@mooring/core'
import type { Kysely } from 'kysely'
import { challengeAnswer } from './challenge-answer.ts'
import { change } from './change.ts'
import type { Database } from './database.ts'
import { create } from './create.ts'
import { idempotently } from './idempotency.ts'
import { check, remove, retry } from './intents.ts'
import { jobCounts, listJobs } from './jobs.ts'
import { findDomain, listAttempts, listDomains, listEvents } from './listing.ts'
import type { Tables } from './tables.ts'

export interface RegistryOptions {
  /** How long the ownership token of a domain that is retried may be looked for, counted from the retry. */
  tokenLifetimeMs: number
}

export function createRegistry({ kysely }: Database, options: RegistryOptions): Registry {
  return registryOn(kysely, options)
}

/** The same registry on the pool or within one transaction. */
function registryOn(kysely: Kysely<Tables>, options: RegistryOptions): Registry {
  return {
    create: (domain) => create(kysely, domain),
    find: (idOrHostname) => findDomain(kysely, idOrHostname),
    list: (filter, page) => listDomains(kysely, filter, page),
    events: (domainId, page) => listEvents(kysely, domainId, page),
    attempts: (domainId, page) => listAttempts(kysely, domainId, page),
    jobs: (filter, page) => listJobs(kysely, filter, page),
    jobCounts: () => jobCounts(kysely),
    check: (id) => check(kysely, id),
    retry: (id) => retry(kysely, id, options),
    change: (id, patch) => change(kysely, id, patch),
    remove: (id, { immediate }) => remove(kysely, id, immediate),
    challengeAnswer: (token, hostname) => challengeAnswer(kysely, token, hostname),
    idempotently: (key, requestHash, work) =>
      idempotently(kysely, { key, requestHash, work: (transaction) => work(registryOn(transaction, options)) }),
  }
}

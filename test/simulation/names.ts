import { DAY, type Hostname } from '@mooring/core'
import { MENDED_AFTER, type Scenario } from './scenario.ts'

export const COMING = 0
export const LAUNCHING = 1
export const RESTING = 2
export const RENEWING = 3
export const ORDERED = 4
/** A launch that failed for good. */
export const FAILED = 5
export const GONE = 6

const NO_CERTIFICATE = -1
/** So many registered domains carry more than one name, two or two hundred: that is about one name in ten. */
const SHARED_SHARE = 0.015
const MOST_OF_DOMAIN = 200

/** Every name that will ever be there, in columns. Times are milliseconds since the beginning. */
export class Names {
  readonly count: number
  readonly domains: number
  readonly phase: Uint8Array
  readonly domain: Int32Array
  readonly arrivedAt: Float64Array
  /** The phase that an order belongs to. */
  readonly resumes: Uint8Array
  /** 1 for a launch that waited for its registered domain's limit. */
  readonly isCrowded: Uint8Array
  readonly attempts: Uint16Array
  readonly looks: Uint16Array
  /** The certificate in use: its authority's number, and when it is good. */
  readonly ca: Int8Array
  readonly notBefore: Float64Array
  readonly notAfter: Float64Array
  /** When the last authority must replace it, because it will be revoked; NaN for most. */
  readonly revokedAt: Float64Array
  /** When its DNS is wrong. A wrong record is seen beforehand, or by the authority alone. */
  readonly #wrongFrom: Float64Array
  readonly #wrongUntil: Float64Array
  readonly #isSeen: Uint8Array

  constructor(scenario: Scenario, random: () => number) {
    const { domains: initial, days, churnPerDay } = scenario
    this.count = initial + Math.ceil(initial * churnPerDay * days)
    this.phase = new Uint8Array(this.count)
    this.domain = new Int32Array(this.count)
    this.arrivedAt = new Float64Array(this.count)
    this.resumes = new Uint8Array(this.count)
    this.isCrowded = new Uint8Array(this.count)
    this.attempts = new Uint16Array(this.count)
    this.looks = new Uint16Array(this.count)
    this.ca = new Int8Array(this.count).fill(NO_CERTIFICATE)
    this.notBefore = new Float64Array(this.count)
    this.notAfter = new Float64Array(this.count)
    this.revokedAt = new Float64Array(this.count).fill(Number.NaN)
    this.#wrongFrom = new Float64Array(this.count).fill(Number.POSITIVE_INFINITY)
    this.#wrongUntil = new Float64Array(this.count).fill(Number.POSITIVE_INFINITY)
    this.#isSeen = new Uint8Array(this.count)
    this.domains = this.#shareDomains(random)
    this.#breakSome(scenario, random)
  }

  hostnameOf(name: number): Hostname {
    return `n${name}.z${this.domain[name]}.com` as Hostname
  }

  hasCertificate(name: number): boolean {
    return this.ca[name] !== NO_CERTIFICATE
  }

  validityOf(name: number): { notBefore: Date; notAfter: Date } {
    return { notBefore: new Date(this.notBefore[name] ?? 0), notAfter: new Date(this.notAfter[name] ?? 0) }
  }

  isDnsRight(name: number, now: number): boolean {
    return now < (this.#wrongFrom[name] ?? 0) || now >= (this.#wrongUntil[name] ?? 0)
  }

  /** Whether our own look before an order would find that it is wrong. */
  isSeenWrong(name: number, now: number): boolean {
    return this.#isSeen[name] === 1 && !this.isDnsRight(name, now)
  }

  /** Whether it was right all the day before: a record mended in the last hour is not seen in time. */
  wasDnsRight(name: number, now: number): boolean {
    return now < (this.#wrongFrom[name] ?? 0) || now >= (this.#wrongUntil[name] ?? 0) + DAY
  }

  isEverBroken(name: number): boolean {
    return this.#wrongFrom[name] !== Number.POSITIVE_INFINITY
  }

  #shareDomains(random: () => number): number {
    let domain = -1
    for (let name = 0; name < this.count; ) {
      domain += 1
      const size = random() < SHARED_SHARE ? Math.min(MOST_OF_DOMAIN, Math.floor(2 / (1 - random()) ** 0.8)) : 1
      for (let member = 0; member < size && name < this.count; member += 1, name += 1) this.domain[name] = domain
    }
    return domain + 1
  }

  /** Half of them from the beginning, half of them for good, half of them so that only the authority sees it. */
  #breakSome({ brokenShare, days }: Scenario, random: () => number): void {
    for (let name = 0; name < this.count; name += 1) {
      if (random() >= brokenShare) continue
      const from = random() < 0.5 ? 0 : random() * days * DAY
      this.#wrongFrom[name] = from
      this.#isSeen[name] = random() < 0.5 ? 1 : 0
      if (random() < 0.5) this.#wrongUntil[name] = from - Math.log(1 - random()) * MENDED_AFTER
    }
  }
}

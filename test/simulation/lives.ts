import { LETS_ENCRYPT, SECOND, nextLook, renewAtOf, renewAtWithin, urgencyOf } from '@mooring/core'
import { CertificateAuthority } from './certificate-authority.ts'
import { DueQueue } from './due-queue.ts'
import { COMING, FAILED, GONE, LAUNCHING, Names, ORDERED, RENEWING, RESTING } from './names.ts'
import { type Finished, Orders, type Placed } from './orders.ts'
import {
  FALLBACK_LIMITS,
  FALLBACK_TERMS,
  LOOK_AGAIN_MS,
  MAX_ATTEMPTS,
  PICKED_UP_WITHIN,
  POLL_MS,
  PROOF_EXPIRES_AFTER,
  type Scenario,
  preferredTerms,
} from './scenario.ts'
import { type Tally, dayOf } from './tally.ts'
import { WaitingLine } from './waiting-line.ts'

/** What becomes of every name: each waking is a step of the product's machine, as far as certificates are concerned. */
export class Lives {
  readonly names: Names
  readonly models: readonly CertificateAuthority[]
  readonly #scenario: Scenario
  readonly #tally: Tally
  readonly #random: () => number
  readonly #queue: DueQueue
  readonly #orders: Orders
  readonly #renewals: WaitingLine
  readonly #launches: WaitingLine

  constructor(scenario: Scenario, { tally, names, random }: { tally: Tally; names: Names; random: () => number }) {
    const size = { names: names.count, domains: names.domains }
    const preferred = new CertificateAuthority(preferredTerms(scenario), size)
    const fallback = new CertificateAuthority(FALLBACK_TERMS, size)
    const cas = [
      { name: 'acme', limits: { ...LETS_ENCRYPT, ...scenario.believed }, model: preferred },
      { name: 'fallback', limits: FALLBACK_LIMITS, model: fallback },
    ]
    const behind = new Int32Array(names.count)
    this.names = names
    this.models = [preferred, fallback]
    this.#scenario = scenario
    this.#tally = tally
    this.#random = random
    this.#queue = new DueQueue(names.count, (scenario.days * 86_400 + 1) * SECOND)
    this.#orders = new Orders(cas, names, random)
    this.#renewals = new WaitingLine(behind)
    this.#launches = new WaitingLine(behind)
    this.#startWorkers()
  }

  arrives(name: number, at: number): void {
    this.names.arrivedAt[name] = at
    this.#queue.add(name, at)
  }

  leaves(name: number, now: number): void {
    this.#endsCertificate(name, now)
    this.names.phase[name] = GONE
  }

  /** The authority wants it replaced; that is seen when the name's window is asked for next. */
  isToBeReplaced(name: number, now: number): void {
    const [preferred] = this.models
    preferred?.wantsReplaced(name, now)
    this.names.revokedAt[name] = this.#scenario.massRevocation.revokedAt
    const window = preferred?.windowOf(name) ?? null
    if (this.names.phase[name] !== RESTING || window === null) return
    const seenAt = now + this.#random() * POLL_MS
    const renewAt = renewAtWithin(window, this.names.validityOf(name), this.#random()).getTime()
    this.#queue.bringForward(name, Math.max(seenAt, renewAt))
  }

  /** Everything that is due until then happens. */
  passUntil(until: number): void {
    for (;;) {
      const next = this.#queue.take(until)
      if (next === null) return
      this.#wake(next.name, next.at)
    }
  }

  /** The time is over: what is still in use is looked at as well. */
  endsAll(now: number): void {
    const { names } = this
    for (let name = 0; name < names.count; name += 1) {
      const phase = names.phase[name]
      if (phase === GONE) continue
      this.#endsCertificate(name, now)
      const isUnderWay = phase === LAUNCHING || phase === ORDERED
      if (isUnderWay && !names.hasCertificate(name) && names.isDnsRight(name, now)) this.#tally.waiting += 1
    }
  }

  /** The certificate in use is no more needed, or replaced: was it good until then? */
  #endsCertificate(name: number, now: number): void {
    const { names } = this
    if (!names.hasCertificate(name)) return
    const notAfter = names.notAfter[name] ?? 0
    if (notAfter <= now) this.#tally.expired[names.wasDnsRight(name, notAfter) ? 'dnsRight' : 'dnsWrong'] += 1
    const revokedAt = names.revokedAt[name] ?? Number.NaN
    if (revokedAt <= now && names.wasDnsRight(name, revokedAt)) this.#tally.revokedInUse += 1
  }

  #wake(name: number, now: number): void {
    const { phase, attempts } = this.names
    if (phase[name] === ORDERED || this.#orders.has(name)) {
      this.#finish(name, now)
      return this.#serveLines(now)
    }
    if (phase[name] === GONE || phase[name] === FAILED) return
    this.#tally.peak.wakeUps.add(now)
    if (phase[name] === COMING) phase[name] = LAUNCHING
    if (phase[name] === RESTING) {
      phase[name] = RENEWING
      attempts[name] = 0
    }
    if (this.names.isSeenWrong(name, now)) return this.#looksAgain(name, now)
    if (this.#orders.underWay < this.#slots(now)) return this.#order(name, now)
    if (phase[name] === RENEWING) this.#renewals.add(name)
    else this.#launches.add(name)
    this.#tally.peak.waiting = Math.max(this.#tally.peak.waiting, this.#renewals.length + this.#launches.length)
  }

  /** Renewals never queue behind launches. */
  #serveLines(now: number): void {
    while (this.#orders.underWay < this.#slots(now)) {
      const name = this.#renewals.take() ?? this.#launches.take()
      if (name === null) return
      if (this.names.phase[name] === GONE) continue
      if (this.names.isSeenWrong(name, now)) this.#looksAgain(name, now)
      else this.#order(name, now)
    }
  }

  #looksAgain(name: number, now: number): void {
    const { looks, arrivedAt, phase } = this.names
    if (phase[name] === RENEWING) return this.#queue.add(name, now + LOOK_AGAIN_MS)
    const since = arrivedAt[name] ?? 0
    if (now - since > PROOF_EXPIRES_AFTER) return this.#giveUp(name)
    const next = nextLook({ looks: looks[name] ?? 0, createdAt: new Date(since) }, new Date(now))
    looks[name] = (looks[name] ?? 0) + 1
    this.#queue.add(name, next.getTime())
  }

  #order(name: number, now: number): void {
    const placed = this.#orders.place(name, now)
    if (placed.kind === 'placed') return this.#isPlaced(name, placed, now)
    if (placed.kind === 'refused') {
      this.#tally.refusals[placed.by] = (this.#tally.refusals[placed.by] ?? 0) + 1
    } else if (placed.by === 'certificates_of_domain') {
      this.names.isCrowded[name] = 1
    }
    this.#queue.add(name, placed.until + this.#random() * PICKED_UP_WITHIN)
  }

  #isPlaced(name: number, { ca, orderKind, isCounted }: Placed & { kind: 'placed' }, now: number): void {
    const { orders, peak, daily } = this.#tally
    const [least, most] = this.#scenario.orderTakesMs
    const day = dayOf(now)
    orders.placed += 1
    orders.byKind[orderKind] += 1
    if (isCounted) orders.counted += 1
    peak.orders.add(now)
    const [count, used] = ca === 0 ? [daily.orders, daily.used] : [daily.fallbackOrders, daily.fallbackUsed]
    if (ca !== 0) orders.fallback += 1
    count[day] = (count[day] ?? 0) + 1
    used[day] = Math.max(used[day] ?? 0, this.models[ca]?.ordersUsed(now) ?? 0)
    this.names.resumes[name] = this.names.phase[name] ?? LAUNCHING
    this.names.phase[name] = ORDERED
    this.#queue.add(name, now + least + this.#random() * (most - least))
  }

  #finish(name: number, now: number): void {
    const { attempts, phase, resumes } = this.names
    const finished = this.#orders.finish(name, now)
    if (finished.kind === 'issued') this.#tally.orders.issued += 1
    else this.#tally.orders.failed += 1
    if (phase[name] === GONE) return
    phase[name] = resumes[name] ?? LAUNCHING
    if (finished.kind === 'issued') return this.#isIssued(name, finished, now)
    attempts[name] = (attempts[name] ?? 0) + 1
    // Only a launch can fail: what is served is tried for ever.
    if (phase[name] === LAUNCHING && (attempts[name] ?? 0) >= MAX_ATTEMPTS) return this.#giveUp(name)
    this.#queue.add(name, finished.until + this.#random() * PICKED_UP_WITHIN)
  }

  #isIssued(name: number, { ca, issued, window }: Finished & { kind: 'issued' }, now: number): void {
    const { names } = this
    if (names.hasCertificate(name)) {
      this.#endsCertificate(name, now)
      this.#tally.renewals[urgencyOf(names.validityOf(name), new Date(now))] += 1
    } else {
      this.#isLaunched(name, now)
    }
    names.ca[name] = ca
    names.notBefore[name] = issued.notBefore
    names.notAfter[name] = issued.notAfter
    names.revokedAt[name] = Number.NaN
    names.phase[name] = RESTING
    const validity = names.validityOf(name)
    const renewAt =
      window === null
        ? renewAtOf(validity.notBefore, validity.notAfter, this.#random())
        : renewAtWithin(window, validity, this.#random())
    this.#queue.add(name, renewAt.getTime() + this.#random() * PICKED_UP_WITHIN)
  }

  #isLaunched(name: number, now: number): void {
    const { launches } = this.#tally
    if (this.names.isEverBroken(name)) return
    const took = now - (this.names.arrivedAt[name] ?? 0)
    if (this.names.isCrowded[name] === 1) launches.crowded.add(took)
    else if (name < this.#scenario.domains) launches.initial.add(took)
    else launches.later.add(took)
  }

  #giveUp(name: number): void {
    this.names.phase[name] = FAILED
    this.#tally.gaveUp += 1
  }

  /** One worker a second begins, so that their first nonces are not asked for at once. */
  #slots(now: number): number {
    const { workers, ordersAtOnce } = this.#scenario.fleet
    return Math.min(workers, 1 + Math.floor(now / SECOND)) * ordersAtOnce
  }

  #startWorkers(): void {
    const { workers, ordersAtOnce } = this.#scenario.fleet
    for (let worker = 0; worker < workers; worker += 1) {
      for (let slot = 0; slot < ordersAtOnce; slot += 1) {
        const refused = this.models[0]?.newNonce(worker * SECOND) ?? null
        if (refused !== null) this.#tally.refusals[refused] = (this.#tally.refusals[refused] ?? 0) + 1
      }
    }
  }
}

import { DAY, HOUR } from '@mooring/core'
import { Lives } from './lives.ts'
import { COMING, GONE, Names } from './names.ts'
import type { Scenario } from './scenario.ts'
import { seededRandom } from './seeded-random.ts'
import { DAYS_LEFT, type Tally, newTally } from './tally.ts'

/** Lets the scenario's days pass, hour by hour. `onDay` is told each day that is over. */
export function simulate(scenario: Scenario, onDay: (day: number) => void = () => {}): Tally {
  const random = seededRandom(scenario.seed)
  const names = new Names(scenario, random)
  const tally = newTally(scenario.days, names.count)
  const lives = new Lives(scenario, { tally, names, random })
  const churn = new Churn(scenario, lives, random)
  for (let name = 0; name < scenario.domains; name += 1) lives.arrives(name, (name * 1000) / scenario.postedPerSecond)

  for (let day = 0; day < scenario.days; day += 1) {
    countLeft(names, { day, tally })
    for (let hour = 0; hour < 24; hour += 1) {
      const now = day * DAY + hour * HOUR
      lives.models[0]?.isPolledFor(churn.present)
      churn.hour(now)
      if (now === scenario.massRevocation.at) revokeMany(scenario, lives, random)
      lives.passUntil(now + HOUR)
    }
    onDay(day + 1)
  }
  lives.endsAll(scenario.days * DAY)
  return tally
}

/** Names that are added, at any minute of the hour, and names that leave. */
class Churn {
  readonly #scenario: Scenario
  readonly #lives: Lives
  readonly #random: () => number
  #known: number
  #owed = 0
  present: number

  constructor(scenario: Scenario, lives: Lives, random: () => number) {
    this.#scenario = scenario
    this.#lives = lives
    this.#random = random
    this.#known = scenario.domains
    this.present = scenario.domains
  }

  hour(now: number): void {
    this.#owed += (this.#scenario.domains * this.#scenario.churnPerDay) / 24
    for (; this.#owed >= 1 && this.#known < this.#lives.names.count; this.#owed -= 1) {
      this.#lives.arrives(this.#known, now + this.#random() * HOUR)
      this.#known += 1
      const leaver = Math.floor(this.#random() * this.#known)
      const phase = this.#lives.names.phase[leaver]
      if (phase !== GONE && phase !== COMING) this.#lives.leaves(leaver, now)
      else this.present += 1
    }
  }
}

function revokeMany({ massRevocation }: Scenario, lives: Lives, random: () => number): void {
  const { names } = lives
  for (let name = 0; name < names.count; name += 1) {
    if (names.ca[name] !== 0 || names.phase[name] === GONE || random() >= massRevocation.share) continue
    lives.isToBeReplaced(name, massRevocation.at)
  }
}

function countLeft(names: Names, { day, tally }: { day: number; tally: Tally }): void {
  const now = day * DAY
  for (let name = 0; name < names.count; name += 1) {
    const left = (names.notAfter[name] ?? 0) - now
    if (left <= 0 || names.phase[name] === GONE) continue
    const series = tally.daily.left[bandOf(left / DAY)]
    if (series !== undefined) series[day] = (series[day] ?? 0) + 1
  }
}

function bandOf(days: number): number {
  let band = DAYS_LEFT.length - 1
  while (band > 0 && days < (DAYS_LEFT[band] ?? 0)) band -= 1
  return band
}

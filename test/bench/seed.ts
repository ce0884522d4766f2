/**
 * `npm run seed -- --domains 1000000 --attempts 5000000`: fills the empty database that `DATABASE_URL` names with a fleet
 * of some age, so that pages and filters can be looked at and measured at their full size. The login role has to be a
 * superuser: a million rows are put in without asking for each whether the others it names are there.
 */
import { parseArgs } from 'node:util'
import { migrate } from '@mooring/postgres'
import { seedFleet } from './seeding/seed-fleet.ts'

const { values } = parseArgs({
  options: {
    domains: { type: 'string', default: '1000000' },
    attempts: { type: 'string', default: '5000000' },
  },
})
const url = process.env['DATABASE_URL']
if (url === undefined) {
  console.error('DATABASE_URL has to name the database that is to be filled.')
  process.exit(2)
}
await migrate(url)
const say = (text: string) => console.error(text)
await seedFleet(url, { domains: Number(values.domains), attempts: Number(values.attempts), say })

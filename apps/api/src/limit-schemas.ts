import { BUCKETS } from '@mooring/core'
import { z } from 'zod'

const time = z.string().meta({ format: 'date-time' })

const orders = z.int().nullable().describe('How many can go within the horizon; null: as many as there are.')
const goesAt = time.nullable().describe('When one that is placed now would go; null: when somebody has acted first.')

const accountSchema = z
  .object({
    name: z.string(),
    left: z.int().nullable().describe('Launches that can be placed at once; null: as many as there are.'),
    launches: orders,
    goes_at: goesAt,
  })
  .meta({ id: 'AccountForecast' })

const limitSchema = z
  .object({
    bucket: z.enum(BUCKETS),
    burst: z.int(),
    refill_seconds: z.number().describe('How long one token takes to come back.'),
    launches: z.int().nullable().describe('How many of the burst launches may take; null: they are not counted.'),
    renewals: z.int().nullable().describe('How many of the burst renewals may take; null: they are not counted.'),
  })
  .meta({ id: 'AuthorityLimit' })

const forecastSchema = z.object({ orders, goes_at: goesAt })

export const bucketSchema = z
  .object({
    bucket: z.enum(BUCKETS),
    key: z.string().describe('The account, the registered domain, or the name.'),
    limit: limitSchema.nullable().describe('Null: nothing is known but what the authority said.'),
    used: z.int().describe('Tokens that the authority took and has not given back.'),
    reserved: z.int().describe('Tokens that orders under way will take.'),
    left: z.object({ launches: z.int().nullable(), renewals: z.int().nullable() }),
    blocked_until: time.nullable(),
    unpause_url: z.string().nullable().describe('Where somebody has to act before the authority serves this again.'),
    failures: z.int().describe('Failed validations in a row.'),
    waiting_until: time.nullable().describe('The last turn that was given to an order that has to wait.'),
    launches: forecastSchema,
    renewals: forecastSchema,
  })
  .meta({ id: 'Bucket' })

export const authoritySchema = z
  .object({
    name: z.string(),
    launches: orders.describe('With all accounts together.'),
    goes_at: goesAt,
    accounts: z.array(accountSchema),
    limits: z.array(limitSchema),
    buckets: z.array(bucketSchema).describe('Those that are not full, or that something keeps closed.'),
  })
  .meta({ id: 'Authority' })

export const limitsSchema = z
  .object({
    at: time,
    until: time.describe('The end of what is forecast.'),
    authorities: z.array(authoritySchema).describe('The preferred one first; others are asked while it is down.'),
  })
  .meta({ id: 'Limits' })

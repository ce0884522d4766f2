import { mayActAs, type Principal, type Role } from '@mooring/core'
import type { FastifyContextConfig, FastifyRequest } from 'fastify'
import { Refusal } from './problem.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The least that the caller must be; without it a viewer for what reads, an operator for what changes. */
    role?: Role
    /**
     * Whether a tenant's key may ask: then the handler works on `registryOf(request)` alone, which holds that tenant's rows
     * only. Routes that do not say so are the platform's own.
     */
    tenants?: boolean
  }
}

const READS = new Set(['GET', 'HEAD', 'OPTIONS'])

export const leastRoleFor = (method: string, { role }: Pick<FastifyContextConfig, 'role'>): Role =>
  role ?? (READS.has(method) ? 'viewer' : 'operator')

/** After authentication, before anything is read: the one place that says who may do what. */
export async function requireAccess(request: FastifyRequest): Promise<void> {
  const principal = principalOf(request)
  const { config } = request.routeOptions
  const role = leastRoleFor(request.method, config)
  if (principal.tenant !== null && config.tenants !== true) {
    throw new Refusal(
      'FORBIDDEN',
      `A key of the tenant ${principal.tenant} may not ask for what belongs to the platform.`,
    )
  }
  if (!mayActAs(principal, role)) {
    throw new Refusal('FORBIDDEN', `This needs the role ${role}; ${principal.name} has the role ${principal.role}.`)
  }
}

export function principalOf({ principal }: Pick<FastifyRequest, 'principal'>): Principal {
  if (principal === null) throw new Error('this route asks nobody who he is')
  return principal
}

/** For bodies with a `tenant`: a tenant's key need not say it. Before validation, which would take the default. */
export async function fillInTenant(request: FastifyRequest): Promise<void> {
  const { tenant } = principalOf(request)
  const { body } = request
  if (tenant === null || typeof body !== 'object' || body === null || 'tenant' in body) return
  request.body = { ...body, tenant }
}

/** Throws `FORBIDDEN` when a tenant's key wants what is the platform's. */
export function assertPlatform(request: FastifyRequest, wish: string): void {
  const own = principalOf(request).tenant
  if (own !== null) throw new Refusal('FORBIDDEN', `A key of the tenant ${own} may not ${wish}.`)
}

/** Throws `FORBIDDEN` when a tenant's key speaks for another tenant. */
export function assertOwnTenant(request: FastifyRequest, tenant: string): void {
  const own = principalOf(request).tenant
  if (own === null || own === tenant) return
  throw new Refusal('FORBIDDEN', `A key of the tenant ${own} may not act for ${tenant}.`)
}

import { type Hostname, type ServedRoute, type ServedService, newDomainId } from '@mooring/core'
import { anEdgeCertificate } from './edge-certificate.ts'

let generation = 0

type Facts = Partial<Pick<ServedRoute, 'domainId' | 'action' | 'certificate'>>

/** A route over HTTPS with a certificate of its own, newer than every route made before. */
export async function anHttpsRoute(hostname: string, facts: Facts = {}): Promise<ServedRoute> {
  const certificate = facts.certificate ?? (await anEdgeCertificate(hostname))
  return { ...anHttpRoute(hostname, facts), variant: 'https', certificate }
}

/** A route before its certificate. */
export function anHttpRoute(hostname: string, facts: Facts = {}): ServedRoute {
  generation += 1
  return {
    domainId: facts.domainId ?? newDomainId(),
    hostname: hostname as Hostname,
    generation,
    variant: 'http',
    action: facts.action ?? { type: 'none' },
    certificate: null,
  }
}

/** An action that passes requests on to a port of this machine. */
export const proxyTo = (port: number, host = '127.0.0.1'): ServedRoute['action'] => ({
  type: 'proxy',
  upstream: { scheme: 'http', host, port, addresses: ['127.0.0.1'] },
})

/** An action that passes requests on to a service, and the service on these ports of this machine. */
export function serviceOn(name: string, ...ports: number[]): { action: ServedRoute['action']; service: ServedService } {
  const facts = { name, scheme: 'http', tlsName: null } as const
  return {
    action: { type: 'service', ...facts },
    service: { ...facts, servers: ports.map((port) => ({ address: '127.0.0.1', port })) },
  }
}

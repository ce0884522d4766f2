import { isIP } from 'node:net'
import { entriesOf } from './entries-of.ts'
import { type WantedFields, type WantedService, serviceNameSchema, wantedServiceSchema } from './wanted-service.ts'

/** Reads `SERVICES`: `web=http://10.0.0.7:8080|http://10.0.0.8:8080, api=http://10.0.0.9:3000`. */
export function readServices(text: string): { services: WantedService[]; complaints: string[] } {
  const services: WantedService[] = []
  const complaints: string[] = []
  const seen = new Set<string>()
  for (const entry of entriesOf(text)) {
    const [, name = '', addresses = ''] = /^([^\s=]+)\s*=\s*(\S+)$/.exec(entry) ?? []
    if (name === '') complaints.push(`  SERVICES: "${entry}" is not name=address.`)
    else if (seen.has(name)) complaints.push(`  SERVICES: ${name} is there twice.`)
    else {
      const { says, wrong } = readService(name, addresses.split('|'))
      services.push({ place: `SERVICES: ${name}`, name, says })
      complaints.push(...wrong.map((each) => `  SERVICES: ${name}: ${each}`))
    }
    seen.add(name)
  }
  return { services, complaints }
}

interface Address {
  scheme: 'http' | 'https'
  host: string
  /** `host:port`. */
  server: string
}

function readService(name: string, texts: string[]): { says: WantedFields; wrong: string[] } {
  const addresses = texts.map(splitAddress).filter((address) => address !== null)
  const [scheme = 'http', ...others] = new Set(addresses.map((address) => address.scheme))
  const tlsName = scheme === 'https' ? tlsNameOf(addresses) : undefined
  const says = { servers: addresses.map(({ server }) => server), scheme, tls_name: tlsName ?? undefined }
  const form = addresses.length < texts.length ? null : wantedServiceSchema.safeParse(says)
  const wrong = [
    ...(serviceNameSchema.safeParse(name).error?.issues ?? []).map(({ message }) => message),
    ...(form === null ? ['An address is http:// or https:// and a host, perhaps with a port, and no more.'] : []),
    ...(form?.error?.issues ?? []).map(({ message }) => message),
    ...(others.length > 0 ? ['Its addresses are all http:// or all https://.'] : []),
    ...(tlsName === null
      ? [`Which name is in its certificate? Say it with moor services set ${name} --tls-name.`]
      : []),
  ]
  return { says: form?.data ?? says, wrong }
}

/** As it was typed: `new URL` would make an address of `0x7f.1`, and drop what it does not like. */
function splitAddress(text: string): Address | null {
  const [, scheme, host, port] = /^(https?):\/\/(\[[^\]]*\]|[^\s/?#:]+)(?::(\d+))?\/?$/i.exec(text) ?? []
  if (scheme === undefined || host === undefined) return null
  const usual = scheme.toLowerCase() === 'https' ? '443' : '80'
  return { scheme: usual === '443' ? 'https' : 'http', host, server: `${host}:${port ?? usual}` }
}

/** The one name that all of them are reached by; null when there is none. */
function tlsNameOf(addresses: Address[]): string | null {
  const [name = '', ...others] = new Set(addresses.map(({ host }) => host.toLowerCase()))
  return others.length > 0 || name.startsWith('[') || isIP(name) !== 0 ? null : name
}

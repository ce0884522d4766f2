import { SECOND, type VerificationMethod } from '@mooring/core'
import { dnsSettings, settings } from '@mooring/runtime'
import { Option } from 'commander'
import type { Proof } from '../doctor/expectation.ts'
import { parseProofRecord, parseToken } from '../doctor/parse-proof.ts'
import { argument, argumentList, argumentOf } from './argument.ts'
import { type OutputOptions, outputOptions } from './output.ts'

/** What the command line says; what it leaves out, the environment may say. */
export interface DoctorOptions extends OutputOptions {
  token?: Proof
  record?: Proof
  method: VerificationMethod
  routing: boolean
  edge?: string
  address?: string[]
  ca?: string[]
  dns?: string[]
  dnsRoots?: string[]
  dnsPort?: number
  dnsResolvers?: string[]
  dnsAllow?: string[]
  httpPort?: number
  /** Milliseconds. */
  timeout: number
}

export const doctorOptions = (): Option[] => [...expectationOptions(), ...dnsOptions(), ...outputOptions()]

function expectationOptions(): Option[] {
  return [
    new Option('--token <token>', 'the ownership token, 40 hexadecimal digits')
      .argParser(argumentOf(parseToken))
      .conflicts('record'),
    new Option('--record <value>', 'the TXT record’s whole value, "token=… expiry=…"').argParser(
      argumentOf(parseProofRecord),
    ),
    new Option('--method <method>', 'how ownership is proved').choices(['txt', 'cname', 'http']).default('txt'),
    new Option('--no-routing', 'the name may lead elsewhere: look at its ownership only'),
    new Option('--edge <hostname>', 'where the name is to lead (or MOORING_EDGE_HOSTNAME)').argParser(
      argument(settings.text()),
    ),
    new Option('--address <ip>', 'an address of the edge, repeatable (or MOORING_EDGE_ADDRESSES)').argParser(
      argumentList(settings.ips()),
    ),
    new Option('--ca <identity>', 'the CA’s name in CAA records, repeatable (default: letsencrypt.org)').argParser(
      argumentList(settings.names()),
    ),
  ].map((option) => option.helpGroup('What is expected:'))
}

function dnsOptions(): Option[] {
  return [
    new Option('--dns <ip:port,…>', 'ask these servers alone (or MOORING_DNS_SERVERS)').argParser(
      argument(dnsSettings.MOORING_DNS_SERVERS),
    ),
    new Option('--dns-roots <ip,…>', 'where the way to a zone’s servers begins').argParser(
      argument(dnsSettings.MOORING_DNS_ROOTS),
    ),
    new Option('--dns-port <port>', 'on which zones’ servers answer').argParser(argument(dnsSettings.MOORING_DNS_PORT)),
    new Option('--dns-resolvers <ip:port,…>', 'resolvers that stand for the world').argParser(
      argument(dnsSettings.MOORING_DNS_RESOLVERS),
    ),
    new Option('--dns-allow <cidr,…>', 'private networks that may be asked').argParser(
      argument(dnsSettings.MOORING_DNS_ALLOW),
    ),
    new Option('--http-port <port>', 'on which web servers answer').argParser(
      argument(dnsSettings.MOORING_PROBE_HTTP_PORT),
    ),
    new Option('--timeout <seconds>', 'say what is known by then; more than 15 is no use')
      .argParser(argument(settings.seconds(1)))
      .default(15 * SECOND, '15'),
  ].map((option) => option.helpGroup('How it is asked:'))
}

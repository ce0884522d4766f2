import { createHash } from 'node:crypto'
import { isIP } from 'node:net'
import { basename, dirname } from 'node:path'
import {
  HOLDING_RETRY_SECONDS,
  type ResolvedUpstream,
  type ServedRoute,
  type ServedService,
  isWildcard,
} from '@mooring/core'
import { type Listening, listenTexts } from './listening.ts'
import {
  type NginxText,
  NginxText as Text,
  certificateText,
  endpointText,
  hexText,
  hostnameText,
  numberText,
  pathText,
  portSuffixText,
  serverNameText,
  serviceTlsNameText,
  serviceUpstreamText,
  tlsNameText,
  upstreamNameText,
  urlText,
  visitedNameText,
} from './nginx-quoting.ts'
import { type Model, render, templatesVersion } from './render.ts'

/** What all vhosts of this nginx have in common. */
export interface VhostSettings {
  listening: Listening
  http2: Http2Form
  controlPlane: Pick<ResolvedUpstream, 'scheme' | 'host'>
  certificates: CertificateLoading
}

/**
 * When nginx reads a name's certificate, which takes about 2 ms (OpenSSL 3.0, P-256):
 *
 * - `per_handshake`  by a worker, for each full handshake; a reload of 300 names takes 0.15 s
 * - `at_reload`      by the master, for all names each time any changes; a reload of 300 names takes 0.5 s or more
 */
export type CertificateLoading = 'per_handshake' | 'at_reload'

/** nginx 1.25.1 made a directive of the parameter and warns of the parameter since. */
export type Http2Form = 'parameter' | 'directive'

/**
 * Names everything a vhost is made from: equal fingerprints are equal files. It is part of the file's name, and the
 * name's health path tells it, so that a served vhost can be recognized.
 */
export function fingerprintOf(route: ServedRoute, settings: VhostSettings): string {
  const { domainId, hostname, variant, action, certificate } = route
  const pair = variant === 'https' && certificate !== null ? `${certificate.chainPem}${certificate.keyPem}` : null
  return createHash('sha256')
    .update(JSON.stringify([templatesVersion, settings, domainId, hostname, variant, action, pair]))
    .digest('hex')
    .slice(0, 16)
}

/** The vhost of one route. `certificatePath` is absolute, and null for the http variant. */
export function renderVhost(
  route: ServedRoute,
  files: { fingerprint: string; certificatePath: string | null },
  settings: VhostSettings,
): string {
  const common = {
    hostname: hostnameText(route.hostname),
    serverName: serverNameText(route.hostname),
    fingerprint: hexText(files.fingerprint),
    listenHttp: listenTexts(settings.listening, settings.listening.httpPort),
    listenHttps: listenTexts(settings.listening, settings.listening.httpsPort),
    ...http2Model(settings.http2),
    ...actionModel(route),
    controlPlane: controlPlaneModel(settings.controlPlane),
  }
  if (files.certificatePath === null) return render('vhost-http', common)
  return render('vhost-https', {
    ...common,
    visitedName: visitedNameText(route.hostname),
    wildcard: isWildcard(route.hostname),
    publicHttpsPortSuffix: portSuffixText(settings.listening.publicHttpsPort, 443),
    certificatePath:
      settings.certificates === 'at_reload'
        ? pathText(files.certificatePath)
        : certificateText(basename(dirname(files.certificatePath)), basename(files.certificatePath)),
  })
}

export function http2Model(form: Http2Form): { http2Parameter: NginxText; http2Directive: boolean } {
  return { http2Parameter: new Text(form === 'parameter' ? ' http2' : ''), http2Directive: form === 'directive' }
}

/** What the ACME location needs to know of the control plane. */
export function controlPlaneModel({ scheme, host }: Pick<ResolvedUpstream, 'scheme' | 'host'>): Model {
  return {
    scheme: new Text(scheme === 'https' ? 'https' : 'http'),
    // The operator's own choice, and unlike a target it may be a private name that the hostname parser refuses.
    tlsName: scheme === 'https' ? operatorHostText(host) : null,
    isAddress: scheme === 'https' && isIP(host) !== 0,
  }
}

function operatorHostText(host: string): NginxText {
  return /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(host) ? new Text(host) : tlsNameText(host)
}

function actionModel({ action, domainId }: ServedRoute): Model {
  return {
    passesOn: action.type === 'proxy' || action.type === 'service',
    proxy: action.type === 'proxy' ? proxyModel(action.upstream, domainId) : null,
    service: action.type === 'service' ? serviceModel(action) : null,
    redirect:
      action.type === 'redirect' ? { status: numberText(action.status), url: urlText(new URL(action.url)) } : null,
    none: action.type === 'none',
    holding: action.type === 'holding' ? { retrySeconds: numberText(HOLDING_RETRY_SECONDS) } : null,
  }
}

function serviceModel({ name, scheme, tlsName }: Omit<ServedService, 'servers'>): Model {
  return {
    scheme: new Text(scheme === 'https' ? 'https' : 'http'),
    isSecure: scheme === 'https',
    upstream: serviceUpstreamText(name),
    // Without a name nginx compares the upstream's own, which no certificate has: refused rather than unverified.
    tlsName: scheme === 'https' && tlsName !== null ? serviceTlsNameText(tlsName) : null,
  }
}

function proxyModel({ scheme, host, port, addresses }: ResolvedUpstream, domainId: string): Model {
  return {
    scheme: new Text(scheme === 'https' ? 'https' : 'http'),
    upstream: upstreamNameText(domainId),
    servers: addresses.map((address) => endpointText(address, port)),
    tlsName: scheme === 'https' ? tlsNameText(host) : null,
    isAddress: scheme === 'https' && isIP(host) !== 0,
  }
}

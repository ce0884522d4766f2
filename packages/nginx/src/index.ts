export type { CertificateLoading } from './vhost.ts'
export { createNginxServer } from './nginx-server.ts'
export type { NginxServerOptions } from './read-settings.ts'
export { type Expectation, type Served, findUnproved } from './probe.ts'

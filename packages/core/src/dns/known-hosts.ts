import { isWithin } from '../domain/hostname.ts'

/** A company that serves people's zones, and where in its web pages a record is entered. */
export interface DnsHost {
  name: string
  url: string
  /** What to click, in order. */
  path: string
  /** What its field for the host takes: the part before the zone, as with nearly all of them, or the whole name. */
  hostField: 'relative' | 'full'
}

interface KnownHost extends DnsHost {
  /** Names of its name servers end so; `*` in a pattern stands for digits and letters within one label. */
  suffixes: readonly string[]
}

const host = (
  name: string,
  suffixes: string[],
  url: string,
  path: string,
  hostField: DnsHost['hostField'] = 'relative',
): KnownHost => ({ name, suffixes, url: `https://${url}`, path, hostField })

/** As their help pages say in 2026; whoever finds a path changed, changes it here. */
const KNOWN_HOSTS: readonly KnownHost[] = [
  host('Cloudflare', ['ns.cloudflare.com'], 'dash.cloudflare.com', 'your domain → DNS → Records → Add record'),
  host('GoDaddy', ['domaincontrol.com'], 'dcc.godaddy.com', 'your domain → DNS → Add New Record'),
  host(
    'Namecheap',
    ['registrar-servers.com'],
    'ap.www.namecheap.com',
    'Domain List → Manage → Advanced DNS → Add New Record',
  ),
  host(
    'Amazon Route 53',
    ['awsdns-*.com', 'awsdns-*.net', 'awsdns-*.org', 'awsdns-*.co.uk'],
    'console.aws.amazon.com/route53',
    'Hosted zones → your domain → Create record',
  ),
  host(
    'Google Cloud DNS',
    ['googledomains.com'],
    'console.cloud.google.com/net-services/dns',
    'your zone → Add standard',
  ),
  host('Squarespace', ['squarespacedns.com'], 'account.squarespace.com/domains', 'your domain → DNS → Add record'),
  host(
    'IONOS',
    ['ui-dns.com', 'ui-dns.de', 'ui-dns.org', 'ui-dns.biz'],
    'my.ionos.com',
    'Domains & SSL → your domain → DNS → Add record',
  ),
  host(
    'OVHcloud',
    ['ovh.net', 'anycast.me'],
    'www.ovh.com/manager',
    'Web Cloud → Domain names → your domain → DNS zone → Add an entry',
  ),
  host('Gandi', ['gandi.net'], 'admin.gandi.net', 'Domain → your domain → DNS Records → Add'),
  host(
    'Hetzner',
    ['ns.hetzner.com', 'ns.hetzner.de', 'first-ns.de', 'second-ns.de', 'second-ns.com'],
    'dns.hetzner.com',
    'your zone → Records → Add record',
  ),
  host(
    'STRATO',
    ['rzone.de', 'strato-hosting.eu'],
    'www.strato.de/apps/CustomerService',
    'Domains → your domain → DNS',
  ),
  host('Porkbun', ['porkbun.com'], 'porkbun.com/account/domainsSpeedy', 'your domain → DNS → Add record'),
  host('Name.com', ['name.com'], 'www.name.com/account/domain', 'your domain → Manage DNS Records'),
  host(
    'DigitalOcean',
    ['digitalocean.com'],
    'cloud.digitalocean.com/networking/domains',
    'your domain → Create new record',
  ),
  host(
    'Azure DNS',
    ['azure-dns.com', 'azure-dns.net', 'azure-dns.org', 'azure-dns.info'],
    'portal.azure.com',
    'DNS zones → your zone → Recordsets → Add',
  ),
  host(
    'Vercel',
    ['vercel-dns.com', 'vercel-dns-*.com'],
    'vercel.com/dashboard/domains',
    'your domain → DNS Records → Add',
  ),
  // Netlify's customers are served by NS1's own servers: by their names, nobody can tell the two apart.
  host(
    'Netlify or NS1',
    ['nsone.net'],
    'app.netlify.com',
    'Domains → your domain → DNS records → Add new record (or at NS1, my.nsone.net: your zone → Add record)',
  ),
  host('Wix', ['wixdns.net'], 'manage.wix.com/account/domains', 'your domain → Manage DNS Records'),
  host('WordPress.com', ['wordpress.com'], 'wordpress.com/domains/manage', 'your domain → DNS records → Add a record'),
  host('Hover', ['hover.com'], 'www.hover.com/control_panel', 'your domain → DNS → Add a record'),
  host('Dynadot', ['dynadot.com'], 'www.dynadot.com/account/domain', 'your domain → DNS Settings'),
  host(
    'DNSimple',
    ['dnsimple.com', 'dnsimple-edge.net', 'dnsimple-edge.org'],
    'dnsimple.com',
    'your domain → DNS → Manage records → Add',
  ),
  host('Bluehost', ['bluehost.com'], 'my.bluehost.com', 'Domains → your domain → DNS → Add record'),
  host('HostGator', ['hostgator.com'], 'portal.hostgator.com', 'Domains → your domain → DNS → Add record', 'full'),
  host('SiteGround', ['siteground.net'], 'tools.siteground.com', 'Domain → DNS Zone Editor'),
  host(
    'Hostinger',
    ['dns-parking.com'],
    'hpanel.hostinger.com',
    'Domains → your domain → DNS / Nameservers → Add record',
  ),
  host(
    'Infomaniak',
    ['infomaniak.ch', 'infomaniak.com'],
    'manager.infomaniak.com',
    'Web & Domains → your domain → DNS zone → Add a record',
  ),
  host(
    'TransIP',
    ['transip.net', 'transip.nl', 'transip.eu'],
    'www.transip.nl/cp',
    'Domain → your domain → DNS → Add record',
  ),
  host('deSEC', ['desec.io', 'desec.org'], 'desec.io', 'your domain → add a record set'),
  host('Loopia', ['loopia.se'], 'customerzone.loopia.com', 'your domain → DNS editor'),
  host('Linode', ['linode.com'], 'cloud.linode.com/domains', 'your domain → Add a record'),
]

/** Who serves the zone, by the names of its servers; null when it is nobody we know. */
export function dnsHostOf(nameServers: readonly string[]): DnsHost | null {
  const known = KNOWN_HOSTS.find(({ suffixes }) =>
    nameServers.some((server) => suffixes.some((suffix) => isBelow(server, suffix))),
  )
  if (known === undefined) return null
  const { name, url, path, hostField } = known
  return { name, url, path, hostField }
}

function isBelow(server: string, suffix: string): boolean {
  if (!suffix.includes('*')) return isWithin(server, suffix)
  const pattern = suffix.replaceAll('.', '\\.').replace('*', '[a-z0-9]+')
  return new RegExp(`(?:^|\\.)${pattern}$`).test(server)
}

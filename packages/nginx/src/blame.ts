import { join } from 'node:path'
import type { Site } from './site.ts'
import { enabledFile, siteFile } from './site.ts'

/** Which of these sites nginx complains about; empty when its words name none of them. */
export function blamedSites(message: string, sites: Iterable<Site>): Site[] {
  const conflict = /conflicting server name "([^"]+)"/.exec(message)?.[1]
  return [...sites].filter(
    (site) =>
      site.hostname === conflict ||
      message.includes(`${join('sites-enabled', enabledFile(site))}:`) ||
      message.includes(`${join('sites-available', siteFile(site))}:`) ||
      (site.certificate !== null && message.includes(`${site.certificate}"`)),
  )
}

/** `nginx: [emerg] …` and `2026/01/01 00:00:00 [emerg] 1#1: …` without what varies from run to run. */
export function sentenceOf(message: string): string {
  return message.replace(/^.*?\[(\w+)\] (?:\d+#\d+: )?/, '[$1] ').slice(0, 900)
}

export const isEmergency = (message: string): boolean => message.includes('[emerg]')
export const isWarning = (message: string): boolean => message.includes('[warn]')

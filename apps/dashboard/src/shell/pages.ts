import type { IconName } from '../parts/icon.tsx'

export interface PageLink {
  to: string
  title: string
  icon: IconName
  /** After `g`. */
  key: string
}

/** The pages in the order of the navigation. */
export const PAGES: readonly PageLink[] = [
  { to: '/', title: 'Overview', icon: 'overview', key: 'o' },
  { to: '/jobs', title: 'Jobs', icon: 'jobs', key: 'j' },
  { to: '/domains', title: 'Domains', icon: 'domains', key: 'd' },
  { to: '/workers', title: 'Workers', icon: 'workers', key: 'w' },
  { to: '/edges', title: 'Edges', icon: 'edges', key: 'e' },
  { to: '/limits', title: 'Limits & certificates', icon: 'limits', key: 'l' },
  { to: '/notifications', title: 'Notifications', icon: 'notifications', key: 'n' },
  { to: '/webhooks', title: 'Webhooks', icon: 'webhooks', key: 'h' },
  { to: '/audit', title: 'Audit', icon: 'audit', key: 'a' },
  { to: '/settings', title: 'Settings', icon: 'settings', key: 's' },
]

import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router'
import { App } from './shell/app.tsx'
import { NoSuchPage } from './shell/no-such-page.tsx'
import { PageFault } from './shell/page-fault.tsx'

const root = createRootRoute({ component: App, notFoundComponent: NoSuchPage })
const parent = { getParentRoute: () => root }

// Each page is a file of its own for the browser, read when somebody goes there.
const routeTree = root.addChildren([
  createRoute({
    ...parent,
    path: '/',
    component: lazyRouteComponent(() => import('./pages/overview.tsx'), 'OverviewPage'),
  }),
  createRoute({
    ...parent,
    path: '/jobs',
    component: lazyRouteComponent(() => import('./pages/jobs.tsx'), 'JobsPage'),
  }),
  createRoute({
    ...parent,
    path: '/domains',
    component: lazyRouteComponent(() => import('./pages/domains.tsx'), 'DomainsPage'),
  }),
  createRoute({
    ...parent,
    path: '/domains/$id',
    component: lazyRouteComponent(() => import('./pages/domain.tsx'), 'DomainPage'),
  }),
  createRoute({
    ...parent,
    path: '/workers',
    component: lazyRouteComponent(() => import('./pages/workers.tsx'), 'WorkersPage'),
  }),
  createRoute({
    ...parent,
    path: '/edges',
    component: lazyRouteComponent(() => import('./pages/edges.tsx'), 'EdgesPage'),
  }),
  createRoute({
    ...parent,
    path: '/limits',
    component: lazyRouteComponent(() => import('./pages/limits.tsx'), 'LimitsPage'),
  }),
  createRoute({
    ...parent,
    path: '/notifications',
    component: lazyRouteComponent(() => import('./pages/notifications.tsx'), 'NotificationsPage'),
  }),
  createRoute({
    ...parent,
    path: '/webhooks',
    component: lazyRouteComponent(() => import('./pages/webhooks.tsx'), 'WebhooksPage'),
  }),
  createRoute({
    ...parent,
    path: '/webhooks/$id',
    component: lazyRouteComponent(() => import('./pages/webhook.tsx'), 'WebhookPage'),
  }),
  createRoute({
    ...parent,
    path: '/audit',
    component: lazyRouteComponent(() => import('./pages/audit.tsx'), 'AuditPage'),
  }),
  createRoute({
    ...parent,
    path: '/settings',
    component: lazyRouteComponent(() => import('./pages/settings.tsx'), 'SettingsPage'),
  }),
])

export function createPageRouter() {
  return createRouter({
    routeTree,
    defaultPreload: 'intent',
    defaultErrorComponent: PageFault,
    scrollRestoration: true,
    // Plain text, as people type it: a hostname of digits stays text, and nothing is quoted.
    parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
    stringifySearch(search) {
      const given = Object.entries(search).filter(([, value]) => value !== undefined && value !== '')
      const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)]))
      return query.size === 0 ? '' : `?${query}`
    },
  })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createPageRouter>
  }
}

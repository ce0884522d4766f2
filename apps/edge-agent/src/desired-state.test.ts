import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EdgeService, type Hostname, type Route, encodeRouteUpdate } from '@mooring/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openDesiredState } from './desired-state.ts'

describe('the state of an earlier run', () => {
  let dir: string
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'mooring-state-'))
  })
  afterEach(() => rm(dir, { recursive: true }))

  const route: Route = {
    domainId: 'dom_0190a0b0-1111-7000-8000-000000000001',
    hostname: 'shop.example.com' as Hostname,
    generation: 7,
    variant: 'http',
    target: { type: 'none' },
    certificate: null,
  }
  const found = async () => {
    const state = await openDesiredState(dir)
    return { generation: state.generation, routes: state.routes() }
  }
  const kept = (text: string) => writeFile(join(dir, 'state.json'), text)

  it('is where the next pull goes on', async () => {
    const state = await openDesiredState(dir)
    state.merge({ generation: 7, routes: [route], services: [] }, [])
    await state.save()
    expect(await found()).toEqual({ generation: 7, routes: [route] })
  })

  const service: EdgeService = {
    name: 'shops',
    scheme: 'http',
    servers: [{ host: '10.0.0.1', port: 80 }],
    tlsName: null,
    health: { path: '/up', intervalSeconds: 5 },
  }

  it('has the services of the newest update that brought any', async () => {
    const state = await openDesiredState(dir)
    state.merge({ generation: 7, routes: [route], services: [service] }, [])
    state.merge({ generation: 8, routes: [] }, [])
    state.merge({ generation: 6, routes: [], services: [] }, [])
    await state.save()
    for (const { services } of [state, await openDesiredState(dir)]) expect(services()).toEqual([service])
  })

  it('without services is from the release before: served meanwhile, and pulled from the start', async () => {
    const gone = {
      ...route,
      domainId: 'dom_0190a0b0-1111-7000-8000-000000000002',
      hostname: 'gone.example.com' as Hostname,
    }
    await kept(JSON.stringify(encodeRouteUpdate({ generation: 7, routes: [route, gone] })))
    const state = await openDesiredState(dir)
    expect([state.generation, state.routes()]).toEqual([0, [route, gone]])
    state.merge({ generation: 9, routes: [route], services: [] }, [])
    expect([state.generation, state.asOf]).toEqual([9, 0])
    state.confirm()
    expect([state.asOf, state.routes()]).toEqual([9, [route]])
  })

  it('that names a service it does not have is pulled from the start', async () => {
    const target = { type: 'proxy' as const, service: 'shops' }
    await kept(JSON.stringify(encodeRouteUpdate({ generation: 7, routes: [{ ...route, target }], services: [] })))
    expect((await found()).generation).toBe(0)
  })

  it('goes on below a route that was malformed, until a newer one takes its place', async () => {
    const state = await openDesiredState(dir)
    const malformed = { domainId: route.domainId, generation: 5, detail: 'It is not well-formed.' }
    state.merge({ generation: 7, routes: [], services: [service] }, [malformed])
    await state.save()
    const restarted = await openDesiredState(dir)
    expect(restarted.generation).toBe(4)
    restarted.merge({ generation: 7, routes: [] }, [malformed])
    expect(restarted.malformed()).toEqual([malformed])
    restarted.merge({ generation: 8, routes: [{ ...route, generation: 8 }] }, [])
    await restarted.save()
    expect((await found()).generation).toBe(8)
  })

  it('is pulled anew when the file is broken', async () => {
    await kept('{"generation": 7, "routes": [{"domain_id"')
    expect(await found()).toEqual({ generation: 0, routes: [] })
  })

  it('is pulled anew when one of its routes is no longer understood, so that none is missed', async () => {
    const wire = JSON.parse(JSON.stringify(encodeRouteUpdate({ generation: 7, routes: [route, route] })))
    wire.routes[1].hostname = 'not a name'
    await kept(JSON.stringify(wire))
    expect(await found()).toEqual({ generation: 0, routes: [] })
  })
})

describe('a name that moves between domains', () => {
  let dir: string
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'mooring-state-'))
  })
  afterEach(() => rm(dir, { recursive: true }))

  const route = (domain: number, generation: number, variant: Route['variant'] = 'http'): Route => ({
    domainId: `dom_0190a0b0-1111-7000-8000-00000000000${domain}`,
    hostname: 'shop.example.com' as Hostname,
    generation,
    variant,
    target: { type: 'none' },
    certificate: null,
  })
  const [old, taken, gone] = [route(1, 3), route(2, 5), route(1, 6, 'removed')]

  it.each<[string, Route[][]]>([
    ['in one update, removal last', [[taken, gone]]],
    ['in one update, removal first', [[gone, taken]]],
    ['in two updates, removal last', [[taken], [gone]]],
    ['in two updates, removal first', [[route(1, 5, 'removed')], [route(2, 6)]]],
  ])('%s, is the new domain’s, also after a restart', async (_, updates) => {
    const state = await openDesiredState(dir)
    state.merge({ generation: 3, routes: [old] }, [])
    for (const routes of updates) {
      state.merge({ generation: Math.max(...routes.map(({ generation }) => generation)), routes }, [])
    }
    await state.save()
    for (const { routes } of [state, await openDesiredState(dir)]) {
      expect(routes().map(({ domainId }) => domainId)).toEqual([taken.domainId])
    }
  })

  it.each([
    ['oldest first', [route(1, 7, 'removed'), route(1, 8)]],
    ['newest first', [route(1, 8), route(1, 7, 'removed')]],
  ])('back and forth within one update ends with the newest, given %s', async (_, routes) => {
    const state = await openDesiredState(dir)
    state.merge({ generation: 3, routes: [old] }, [])
    expect(state.merge({ generation: 8, routes }, [])).toEqual([route(1, 8)])
    expect(state.routes()).toEqual([route(1, 8)])
  })
})

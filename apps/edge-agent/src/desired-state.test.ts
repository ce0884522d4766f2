import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Hostname, type Route, encodeRouteUpdate } from '@mooring/core'
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
    state.merge({ generation: 7, routes: [route] }, [])
    await state.save()
    expect(await found()).toEqual({ generation: 7, routes: [route] })
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

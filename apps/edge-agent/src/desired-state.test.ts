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

import { describe, expect, it } from 'vitest'
import { type Model, render } from './render.ts'

describe('rendering', () => {
  it('refuses a model with a string that was not quoted, wherever it is', () => {
    const smuggled = { hostname: 'a.example.com; return 200' } as unknown as Model
    expect(() => render('vhost-http', smuggled)).toThrow('vhost-http.hostname reached a template without being quoted')
    const nested = { redirect: { url: '"$host"' } } as unknown as Model
    expect(() => render('vhost-http', nested)).toThrow('vhost-http.redirect.url')
  })

  it('refuses a model that lacks what a template prints', () => {
    expect(() => render('vhost-http', {})).toThrow(/not defined/)
  })
})

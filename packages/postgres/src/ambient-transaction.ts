import { AsyncLocalStorage } from 'node:async_hooks'
import type { PostgresPool, PostgresPoolClient } from 'kysely'

/**
 * Several stores, one transaction: while `atomically` runs, whoever asks the pool for a connection from within gets the
 * transaction's. So a row of the audit stands or falls with a change of any store, and none of them knows.
 *
 * Statements take turns. A transaction of a store inside becomes a savepoint. Each connection that is handed out keeps the
 * role it acts as, whatever another one in the same transaction does: before a statement the session changes to its role.
 */
export interface AmbientTransactions {
  pool: PostgresPool
  /** Commits what `work` wrote when it resolves; what it throws rolls all of it back. Within another one it is part of that. */
  atomically<T>(work: () => Promise<T>): Promise<T>
}

/** For a connection that is lent: whom it acts for from now on. */
export interface ActingClient extends PostgresPoolClient {
  actAs(role: string, tenant: string): void
}

interface Acting {
  role: string
  tenant: string
}

const APP: Acting = { role: 'mooring_app', tenant: '' }
const ACT = `select set_config('role', $1, false), set_config('mooring.tenant', $2, false)`

export function createAmbientTransactions(pool: PostgresPool): AmbientTransactions {
  const present = new AsyncLocalStorage<Held>()
  return {
    pool: {
      options: pool.options,
      end: () => pool.end(),
      async connect() {
        const held = present.getStore()
        // What outlives the transaction it was started in has connections of its own.
        return held === undefined || held.isOver() ? pool.connect() : held.lend()
      },
    },
    async atomically(work) {
      const outer = present.getStore()
      if (outer !== undefined && !outer.isOver()) return work()
      const held = await begin(pool)
      try {
        const result = await present.run(held, work)
        await held.commit()
        return result
      } catch (error) {
        await held.rollBack()
        throw error
      }
    },
  }
}

interface Held {
  isOver(): boolean
  lend(): ActingClient
  commit(): Promise<void>
  /** Never rejects. */
  rollBack(): Promise<void>
}

async function begin(pool: PostgresPool): Promise<Held> {
  const client = await pool.connect()
  const send = (text: string, parameters: readonly unknown[] = []) => client.query(text, parameters as unknown[])
  await send('begin').catch((error: unknown) => {
    client.release(true)
    throw error
  })
  let over = false
  let depth = 0
  /** Null when it is not known: going back to a savepoint takes settings back, too. */
  let acting: Acting | null = APP
  let turn: Promise<unknown> = Promise.resolve()

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    if (over) return Promise.reject(new Error('the transaction that this connection belonged to is over'))
    const mine = turn.then(work)
    turn = mine.catch(() => undefined)
    return mine
  }

  const become = async (wanted: Acting): Promise<void> => {
    if (acting?.role === wanted.role && acting.tenant === wanted.tenant) return
    acting = null
    await send(ACT, [wanted.role, wanted.tenant])
    acting = wanted
  }

  /** What a transaction's own commands are within this one; null for any other statement. */
  const nested = (text: string): (() => Promise<unknown>) | null => {
    if (text === 'begin' || text.startsWith('start transaction')) return () => send(`savepoint nested_${++depth}`)
    if (text === 'commit') return () => send(`release savepoint nested_${depth--}`)
    if (text !== 'rollback') return null
    return () => {
      acting = null
      const name = `nested_${depth--}`
      return send(`rollback to savepoint ${name}`).then(() => send(`release savepoint ${name}`))
    }
  }

  return {
    isOver: () => over,
    lend() {
      let own = APP
      const query = (text: string, parameters: readonly unknown[]) =>
        inTurn(async () => {
          const control = nested(text)
          if (control !== null) return control()
          await become(own)
          return send(text, parameters)
        })
      return {
        query: query as PostgresPoolClient['query'],
        actAs: (role, tenant) => void (own = { role, tenant }),
        release: () => {},
      }
    },
    async commit() {
      const committed = inTurn(async () => {
        await become(APP)
        const { command } = (await send('commit')) as unknown as { command: string }
        // So the server ends a transaction one of whose statements failed, although nobody let the failure through.
        if (command === 'ROLLBACK') throw new Error('a statement of the transaction had failed: nothing was stored')
      })
      over = true
      await committed
      client.release()
    },
    async rollBack() {
      over = true
      await turn
      // A rollback takes back the role, too. Where it fails, nobody knows what the connection is in the middle of.
      await send('rollback').then(
        () => client.release(),
        () => client.release(true),
      )
    },
  }
}

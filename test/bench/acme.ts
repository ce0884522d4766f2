import { startChalltestsrv } from '../services/challtestsrv.ts'
import { startPebble } from '../services/pebble.ts'
import { type Measurement, measureAcmeClient, measureAcmeClientPeer } from './acme-ceiling.ts'

/** A wedged Pebble answers nothing any more; its run says nothing about the client. */
const MAX_TRIES = 4

export interface AcmeComparison {
  own: Measurement
  peer: Measurement
}

/** Our ACME client and acme-client (npm), one after the other, each against a Pebble of its own with nothing else running. */
export async function measureAcme({
  count,
  concurrency,
  say,
}: {
  count: number
  concurrency: number
  say(text: string): void
}): Promise<AcmeComparison> {
  const alone = async (measureClient: typeof measureAcmeClient): Promise<Measurement> => {
    const challtestsrv = await startChalltestsrv()
    const { dnsServer, http01Port } = challtestsrv.address
    const pebble = await startPebble({ dnsServer, httpPort: http01Port })
    try {
      return await measureClient({ pebble: pebble.address, challtestsrv: challtestsrv.address, count, concurrency })
    } finally {
      await pebble.stop()
      await challtestsrv.stop()
    }
  }
  const measured = async (measureClient: typeof measureAcmeClient): Promise<Measurement> => {
    for (let tries = 1; ; tries++) {
      try {
        return await alone(measureClient)
      } catch (error) {
        if (tries === MAX_TRIES) throw error
        say(`  given up (${String(error)}): Pebble may wedge at this load; again with a fresh one …`)
      }
    }
  }
  say(`Mooring's ACME client alone, ${count} certificates, ${concurrency} at once …`)
  const own = await measured(measureAcmeClient)
  say('acme-client (npm), the same …')
  return { own, peer: await measured(measureAcmeClientPeer) }
}

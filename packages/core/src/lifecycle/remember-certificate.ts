import type { Certificate } from '../certificate/certificate.ts'
import type { CertificateStore } from '../ports.ts'

/**
 * The store as the steps under one lease see it: nobody else writes this domain's certificates meanwhile, so what one
 * step read or wrote is not read again by the next.
 */
export function rememberCertificate(store: CertificateStore): CertificateStore {
  let known: Promise<Certificate | null> | null = null
  const forgetAfter = async <T>(write: Promise<T>): Promise<T> => {
    known = null
    return write
  }
  const adjust = async (write: Promise<void>, id: string, change: Partial<Certificate>): Promise<void> => {
    const before = await (known ?? null)
    known = null
    await write
    if (before?.id === id) known = Promise.resolve({ ...before, ...change })
  }
  return {
    current(domainId) {
      known ??= store.current(domainId)
      // A look-up that failed is not remembered.
      known.catch(() => {
        known = null
      })
      return known
    },
    // Renewals ask for it, a few times in a lifetime.
    inUse: (domainId) => store.inUse(domainId),
    async begin(lease, need) {
      const begun = await forgetAfter(store.begin(lease, need))
      known = Promise.resolve(begun)
      return begun
    },
    saveOrder: (lease, id, order) => adjust(store.saveOrder(lease, id, order), id, { orderUrl: order.orderUrl }),
    saveIssued: (lease, id, issued) =>
      adjust(store.saveIssued(lease, id, issued), id, { status: 'issued', reserved: null, issued }),
    abandon: (lease, id) => forgetAfter(store.abandon(lease, id)),
    saveRenewalInfo: (lease, id, advice) => forgetAfter(store.saveRenewalInfo(lease, id, advice)),
    share: (lease, id) => forgetAfter(store.share(lease, id)),
    sharedFor: (hostname) => store.sharedFor(hostname),
    challenges: (id) => store.challenges(id),
    park: (lease, domainId) => forgetAfter(store.park(lease, domainId)),
    parked: (hostname, tenant) => store.parked(hostname, tenant),
    adopt: (lease, id, sealedKey) => forgetAfter(store.adopt(lease, id, sealedKey)),
    markRevoked: (lease, id) => forgetAfter(store.markRevoked(lease, id)),
  }
}

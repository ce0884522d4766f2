/** Keeps notices back until a time: they are counted, and told together when it is over. */
export interface Silence {
  /** `sil_` and a UUIDv7. */
  id: string
  /** Null: any code. */
  code: string | null
  /** Null: any tenant, and what is about none. */
  tenant: string | null
  until: Date
  why: string
  /** Who asked for it, as people know them. */
  createdBy: string
  createdAt: Date
}

export function silences(
  { code, tenant }: Pick<Silence, 'code' | 'tenant'>,
  notice: { code: string; tenant: string | null },
): boolean {
  return (code === null || code === notice.code) && (tenant === null || tenant === notice.tenant)
}

import type { StreamPlace } from '../ports.ts'

const PLACE = /^(\d{1,16})-(\d{1,16})$/

/** Null when it is not one. */
export function parsePlace(text: string): StreamPlace | null {
  const [, tx, id] = PLACE.exec(text) ?? []
  const place = { tx: Number(tx), id: Number(id) }
  return Number.isSafeInteger(place.tx) && Number.isSafeInteger(place.id) ? place : null
}

export const formatPlace = ({ tx, id }: StreamPlace): string => `${tx}-${id}`

export const isAfter = (place: StreamPlace, other: StreamPlace): boolean =>
  place.tx > other.tx || (place.tx === other.tx && place.id > other.id)

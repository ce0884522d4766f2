import type { ColumnType } from 'kysely'

/** Takes text (`JSON.stringify`), so that arrays are not mistaken for SQL arrays. */
export type Json<T> = ColumnType<T, string, string>
export type NullableJson<T> = ColumnType<T | null, string | null, string | null>
export type Time = ColumnType<Date, Date, Date>
export type NullableTime = ColumnType<Date | null, Date | null | undefined, Date | null>
export type DefaultTime = ColumnType<Date, Date | undefined, Date>
/** `jsonb` with a default. */
export type DefaultJson<T> = ColumnType<T, string | undefined, string>
export type Identity = ColumnType<number, never, never>

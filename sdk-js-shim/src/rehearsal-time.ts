/**
 * The time of the rehearsal, in milliseconds since 1970, by which a guest knows it: in the year 2477, so that no request to a
 * host is mistaken for it.
 */
export const REHEARSAL_TIME = 16_000_000_000_000;

/** Branded numbers: a value of one unit cannot be passed where another is meant. Only the constructors cast. */

declare const unit: unique symbol;
type Unit<Name extends string> = number & { readonly [unit]: Name };

/** A length of time in seconds; may be fractional, never negative unless it is a difference. */
export type Seconds = Unit<"seconds">;
/** A point in time: seconds since the Unix epoch, fractional. */
export type Timestamp = Unit<"timestamp">;

export const seconds = (n: number): Seconds => n as Seconds;
export const timestamp = (n: number): Timestamp => n as Timestamp;

/** Whole and fractional milliseconds of `s`, for the timers of the platform. */
export const toMilliseconds = (s: Seconds): number => s * 1000;
/** `later - earlier`. */
export const elapsed = (earlier: Timestamp, later: Timestamp): Seconds => (later - earlier) as Seconds;
/** The point in time `s` after `at`. */
export const after = (at: Timestamp, s: Seconds): Timestamp => (at + s) as Timestamp;

/** RFC 3339 in UTC with whole seconds, the form of every timestamp in our JSON: `2025-09-15T13:30:00Z`. */
export const rfc3339 = (at: Timestamp): string => `${new Date(at * 1000).toISOString().slice(0, 19)}Z`;

import { type Failure, failed } from "../../core/prober.ts";
import { type BytesMatch, type GroupPlace, matchAt, type Regexp } from "../regexp.ts";
import { procedure } from "./procedure.ts";
import { shortFor } from "./short-text.ts";
import { inspect, type Unfinished } from "./thread.ts";

/** An expression, and the bytes in which it is looked for. */
export interface MatchWork {
  readonly source: string;
  readonly bytes: Uint8Array;
}

const FIND_MATCH = procedure<MatchWork, readonly GroupPlace[] | undefined>("./find-match", import.meta.url);

/** As `find` of an expression, for bytes of any length: long ones are searched in the thread for long texts. */
export async function findMatch(
  regexp: Regexp,
  bytes: Buffer,
  signal: AbortSignal,
): Promise<{ readonly match: BytesMatch | undefined } | Unfinished> {
  if (bytes.length <= shortFor([regexp])) return { match: regexp.find(bytes) };
  const done = await inspect(FIND_MATCH, { source: regexp.source, bytes: new Uint8Array(bytes) }, signal);
  if (typeof done === "string") return done;
  return { match: done.output === undefined ? undefined : matchAt(regexp, bytes, done.output) };
}

/** As `matches` of an expression, for a text of any length. */
export async function matchesText(
  regexp: Regexp,
  text: string,
  signal: AbortSignal,
): Promise<boolean | Unfinished> {
  if (text.length <= shortFor([regexp])) return regexp.matches(text);
  const found = await findMatch(regexp, Buffer.from(text), signal);
  return typeof found === "string" ? found : found.match !== undefined;
}

/** Returns the failure of a probe whose text could not be searched: that says nothing about the target, so it is never a success. */
export const unfinishedFailure = (why: Unfinished, bytes: number): Failure<"queue_timeout" | "too_large"> =>
  why === "late"
    ? failed("queue_timeout", "the exporter had no time to judge the answer before the deadline")
    : failed("too_large", `an answer of ${bytes} bytes takes more memory to judge than the exporter has`);

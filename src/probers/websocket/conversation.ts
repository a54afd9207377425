import { decodeText } from "../../core/decode-text.ts";
import { excerpt } from "../../core/excerpt.ts";
import { type Failure, failed, type Outcome, type ProbeLog, succeeded } from "../../core/prober.ts";
import { findMatch, unfinishedFailure } from "../inspection/match.ts";
import { expandTemplate } from "../query-response/template.ts";
import type { BytesMatch } from "../regexp.ts";
import type { StepGuard } from "../tls-connection.ts";
import type { WebsocketConnection } from "./connection.ts";
import type { Step } from "./options.ts";
import type { WebsocketReason } from "./reasons.ts";

/** Longest part of a message in texts for people. */
const LONGEST_EXCERPT = 200;

/** Longest part of a message that is decoded for them, in bytes: more than any secret in it. */
const LONGEST_DECODED = 64 * 1024;

/** Shortest word of what was sent that texts for people do not repeat. */
const SHORTEST_SECRET = 4;

/**
 * Talks with the target: each step reads one message if it expects one, and then sends one.
 * @param secrets texts that no output may contain
 */
export async function converse(
  connection: WebsocketConnection,
  steps: readonly Step[],
  secrets: readonly string[],
  guard: StepGuard & { readonly log: ProbeLog },
): Promise<Outcome<WebsocketReason>> {
  const hidden = [...secrets];
  for (const [i, { expect, send }] of steps.entries()) {
    const step = `step ${i + 1} of ${steps.length}`;
    let match: BytesMatch | undefined;
    if (expect !== undefined) {
      const next = await connection.next(guard);
      if (!next.ok) return inStep(step, next);
      const found = await findMatch(expect, next.message, guard.signal);
      if (typeof found === "string") return inStep(step, unfinishedFailure(found, next.message.length));
      ({ match } = found);
      const shown = excerpt(decodeText(next.message.subarray(0, LONGEST_DECODED)), hidden, LONGEST_EXCERPT);
      guard.log("message", { step: i + 1, bytes: next.message.length, matches: match !== undefined, shown });
      if (match === undefined)
        return failed(
          "body_mismatch",
          `${step}: the message ${JSON.stringify(shown)} does not match ${expect.source}`,
        );
    }
    const text = expandTemplate(send, match);
    if (text.length === 0) continue;
    const closed = connection.send(text);
    if (closed !== undefined) return inStep(step, closed);
    hidden.push(...wordsOf(text));
    guard.log("sent", { step: i + 1, bytes: text.length });
  }
  return succeeded;
}

/** Returns the words of what was sent, longest first. One may be a password that the target repeats. */
const wordsOf = (text: Buffer): readonly string[] =>
  text
    .toString()
    .split(/[^\p{L}\p{N}_.~+/=-]+/u)
    .filter((word) => word.length >= SHORTEST_SECRET)
    .toSorted((a, b) => b.length - a.length);

const inStep = (step: string, { reason, detail }: Failure<WebsocketReason>): Failure<WebsocketReason> =>
  failed(reason, `${step}: ${detail}`);

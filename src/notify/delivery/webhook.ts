import type { Clock } from "../../core/clock.ts";
import { defined } from "../../core/defined.ts";
import { excerpt } from "../../core/excerpt.ts";
import type { OutboundTls } from "../../core/relay.ts";
import type { Secret } from "../../core/secret.ts";
import type { Seconds } from "../../core/units.ts";
import { type OutboundReply, send } from "./http-client.ts";
import { secretsIn } from "./request-secrets.ts";
import type { AttemptResult, QueuedItem } from "./retry.ts";
import { signatureHeaders } from "./sign.ts";

/** A webhook receiver. */
export interface WebhookDestination {
  readonly url: Secret;
  readonly headers: Iterable<readonly [name: string, value: Secret]>;
  /** Keys to sign with. Without them requests carry only `webhook-id`. */
  readonly signing?: { readonly key: Secret; readonly previousKey?: Secret | undefined };
  readonly timeout: Seconds;
  readonly tls: OutboundTls;
}

/** Signs an item and sends it once. */
export async function deliver(
  { url, headers, signing, timeout, tls }: WebhookDestination,
  item: QueuedItem,
  signal: AbortSignal,
  { clock }: { readonly clock: Clock },
): Promise<AttemptResult> {
  const body = Buffer.from(item.body);
  const own = await Promise.all(
    Array.from(headers, async ([name, value]) => [name.toLowerCase(), await value.reveal()] as const),
  );
  const signed =
    signing === undefined
      ? { "webhook-id": item.id }
      : signatureHeaders(
          { id: item.id, body, at: clock.now() },
          await signing.key.reveal(),
          await signing.previousKey?.reveal(),
        );
  const request = {
    method: "POST",
    url: await url.reveal(),
    headers: {
      ...Object.fromEntries(own),
      ...signed,
      "content-type": item.contentType,
    },
    body,
    timeout,
    tls,
    maxBodyBytes: LONGEST_RESPONSE,
    bodyOfErrorsOnly: true,
  };
  return attemptOf(await send(request, signal, clock), secretsIn(request));
}

/** Most bytes read of a response to a delivery that failed. */
const LONGEST_RESPONSE = 2_048;

/** Longest part of it that is kept, in UTF-16 code units. */
const LONGEST_EXCERPT = 300;

/** Statuses that are not retried: the receiver rejects the event itself, or is gone. All others may be temporary. */
const PERMANENT_FAILURES: ReadonlySet<number> = new Set([400, 405, 410, 413, 414, 415, 422]);

/** Reports whether a delivery that got this status must not be retried. */
export const isPermanentFailure = (status: number): boolean => PERMANENT_FAILURES.has(status);

function attemptOf(reply: OutboundReply, secrets: readonly string[]): AttemptResult {
  if (reply.kind !== "answer") return { kind: "failed", detail: reply.detail };
  const { status, retryAfter, body } = reply;
  if (status >= 200 && status <= 299) return { kind: "delivered" };
  const detail = `got status ${status}`;
  const response = { status, excerpt: excerpt(body.trim(), secrets, LONGEST_EXCERPT) };
  if (isPermanentFailure(status)) return { kind: "refused", detail, response };
  return { kind: "failed", detail, response, ...defined({ retryAfter }) };
}

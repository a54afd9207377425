import type { Clock } from "../../core/clock.ts";
import { defined } from "../../core/defined.ts";
import type { OutboundTls } from "../../core/relay.ts";
import type { Secret } from "../../core/secret.ts";
import type { Seconds } from "../../core/units.ts";
import { type OutboundReply, send } from "./http-client.ts";
import type { Attempt, QueuedItem } from "./retry.ts";
import { signatureHeaders } from "./sign.ts";

/** Where events go, and how. */
export interface WebhookDestination {
  readonly url: Secret;
  readonly headers: Iterable<readonly [name: string, value: Secret]>;
  /** Without it events carry their identity, and no signature. */
  readonly signing?: { readonly key: Secret; readonly previousKey?: Secret | undefined };
  readonly timeout: Seconds;
  readonly tls: OutboundTls;
}

/** Sends an item once, signed anew. */
export async function deliver(
  { url, headers, signing, timeout, tls }: WebhookDestination,
  item: QueuedItem,
  signal: AbortSignal,
  { clock, userAgent }: { readonly clock: Clock; readonly userAgent: string },
): Promise<Attempt> {
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
      "user-agent": userAgent,
      ...Object.fromEntries(own),
      ...signed,
      "content-type": item.contentType,
    },
    body,
    timeout,
    tls,
    keep: 0,
  };
  return attemptOf(await send(request, signal, clock));
}

/** What a receiver says once and for all: it dislikes the event itself, or is gone. Anything else may be put right. */
const FINAL: ReadonlySet<number> = new Set([400, 405, 410, 413, 414, 415, 422]);

function attemptOf(reply: OutboundReply): Attempt {
  if (reply.kind !== "answer") return { kind: "failed", detail: reply.detail };
  const { status, retryAfter } = reply;
  if (status >= 200 && status <= 299) return { kind: "delivered" };
  const detail = `got status ${status}`;
  if (FINAL.has(status)) return { kind: "refused", detail };
  return { kind: "failed", detail, ...defined({ retryAfter }) };
}

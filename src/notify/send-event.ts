import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { Clock } from "../core/clock.ts";
import type { EventWebhook } from "../core/event-webhook.ts";
import { type Seconds, seconds, toMilliseconds } from "../core/units.ts";
import type { Attempt, Queued } from "./delivery.ts";
import { signatureHeaders } from "./sign.ts";

/** Answers that no repetition will change: the event itself is what they dislike, or the receiver is gone for good. */
const FINAL: ReadonlySet<number> = new Set([400, 410, 413, 415, 422]);

/** Sends an event to a webhook, once. */
export type Send = (webhook: EventWebhook, item: Queued, signal: AbortSignal) => Promise<Attempt>;

export const createSender =
  (clock: Clock, userAgent: string): Send =>
  async (webhook, item, signal) => {
    // Loaded with the first event: it is a good part of the exporter's memory.
    const { default: got } = await import("got");
    const body = Buffer.from(item.body);
    const [url, headers] = await Promise.all([webhook.url.reveal(), headersOf(webhook, item, body, clock)]);
    const request = got.stream(url.trim(), {
      method: "POST",
      body,
      headers: { "user-agent": userAgent, ...headers, "content-type": item.contentType },
      timeout: { request: toMilliseconds(webhook.timeout) },
      retry: { limit: 0 },
      followRedirect: false,
      throwHttpErrors: false,
      signal,
    });
    try {
      const [response] = (await once(request, "response")) as [IncomingMessage];
      return attemptOf(response.statusCode ?? 0, response.headers["retry-after"], clock);
    } catch (error) {
      return { kind: "failed", detail: codeOf(error) };
    } finally {
      // What a receiver has to say is not read, however long it is.
      request.on("error", () => {}).destroy();
    }
  };

async function headersOf(
  { headers, secret, previousSecret }: EventWebhook,
  { id }: Queued,
  body: Buffer,
  clock: Clock,
): Promise<Record<string, string>> {
  const own = await Promise.all(
    Object.entries(headers).map(async ([name, value]) => [name.toLowerCase(), await value.reveal()] as const),
  );
  if (secret === undefined) return { ...Object.fromEntries(own), "webhook-id": id };
  const signed = { id, body, at: clock.now() };
  return {
    ...Object.fromEntries(own),
    ...signatureHeaders(signed, await secret.reveal(), await previousSecret?.reveal()),
  };
}

function attemptOf(status: number, retryAfter: string | undefined, clock: Clock): Attempt {
  if (status >= 200 && status < 300) return { kind: "delivered" };
  const detail = `answered ${status}`;
  if (FINAL.has(status)) return { kind: "refused", detail };
  const wait = waitOf(retryAfter, clock);
  return { kind: "failed", detail, ...(wait === undefined ? {} : { retryAfter: wait }) };
}

/** `Retry-After`: seconds, or a date. */
function waitOf(text: string | undefined, clock: Clock): Seconds | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return seconds(Number(text));
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : seconds(Math.max(0, date / 1000 - clock.now()));
}

/** Not its text, which may name the address. */
const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "no answer";

import { createHmac } from "node:crypto";
import type { Timestamp } from "../../core/units.ts";

/** Marks a key of Standard Webhooks, whose bytes are in base64. */
const BASE64_KEY = "whsec_";

/** What is signed: the exact bytes that are sent, under their identity. */
export interface SignatureInput {
  readonly id: string;
  readonly body: Buffer;
  /** When it is sent; every attempt is signed anew. */
  readonly at: Timestamp;
}

/**
 * The headers by which a receiver knows who sent a webhook and that nobody changed it:
 * `X-Webhook-Signature: sha256=HEX` over the body, and Standard Webhooks' `webhook-id`, `webhook-timestamp` and
 * `webhook-signature` over `ID.TIMESTAMP.BODY`, which a replay cannot carry on. While a key is replaced, the old one
 * signs beside the new one: a second signature in `webhook-signature`, and `X-Webhook-Signature-Previous`.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function signatureHeaders(
  { id, body, at }: SignatureInput,
  key: string,
  previousKey?: string,
): Readonly<Record<string, string>> {
  const sentAt = String(Math.floor(at));
  const standard = (one: string): string => {
    const hmac = createHmac("sha256", keyBytes(one)).update(`${id}.${sentAt}.`).update(body);
    return `v1,${hmac.digest("base64")}`;
  };
  const plain = (one: string): string =>
    `sha256=${createHmac("sha256", keyBytes(one)).update(body).digest("hex")}`;
  const keys = previousKey === undefined ? [key] : [key, previousKey];
  return {
    "X-Webhook-Signature": plain(key),
    ...(previousKey === undefined ? {} : { "X-Webhook-Signature-Previous": plain(previousKey) }),
    "webhook-id": id,
    "webhook-timestamp": sentAt,
    "webhook-signature": keys.map(standard).join(" "),
  };
}

const keyBytes = (key: string): Buffer =>
  key.startsWith(BASE64_KEY) ? Buffer.from(key.slice(BASE64_KEY.length), "base64") : Buffer.from(key);

import { createHmac } from "node:crypto";
import type { Timestamp } from "../../core/units.ts";

/** Prefix of keys in the format of Standard Webhooks; base64 follows it. */
const BASE64_KEY = "whsec_";

/** The content that is signed. */
export interface SignatureInput {
  readonly id: string;
  /** The exact bytes of the request body. */
  readonly body: Buffer;
  /** When it is sent; each attempt has its own timestamp and signature. */
  readonly at: Timestamp;
}

/**
 * Returns the headers by which a receiver verifies a webhook's origin and integrity:
 * `X-Webhook-Signature: sha256=HEX` over the body, and Standard Webhooks' `webhook-id`, `webhook-timestamp` and
 * `webhook-signature` over `ID.TIMESTAMP.BODY`, by which a receiver can also reject replays. While a key is being
 * rotated, the previous one signs as well: as a second signature in `webhook-signature`, and in
 * `X-Webhook-Signature-Previous`.
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

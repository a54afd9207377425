import { isObject } from "../../core/json-object.ts";
import { parseJson } from "./wire/json.ts";
import type { Headers } from "./wire/types.ts";

/** An unsuccessful response that is not from the API but from something in front of it, and what its HTTP says. */
export interface Page {
  /** True if it asks for credentials: `WWW-Authenticate`, or a status in plain text. */
  readonly wantsCredentials: boolean;
  /** True if it asks to wait: `Retry-After`. */
  readonly asksToWait: boolean;
}

/** Headers of CDNs for a challenge or a block. */
const CDN_HEADERS = ["cf-mitigated", "x-amzn-waf-action"] as const;

/**
 * Recognizes the page of a CDN or a proxy. A body that is or begins like JSON is the API's, unless Cloudflare says
 * otherwise; without a body, only the status is known, which is then taken for the API's.
 */
export function pageOf(body: string, headers: Headers): Page | undefined {
  const text = body.replace(/^\uFEFF/, "").trim();
  const fromCdn = CDN_HEADERS.some((name) => headers[name] !== undefined) || isCloudflareError(text);
  if (!fromCdn && (text === "" || /^[{[]/.test(text) || parseJson(text).ok)) return undefined;
  const isMarkup = text.startsWith("<") || String(headers["content-type"]).includes("html");
  return {
    wantsCredentials: !fromCdn && (!isMarkup || headers["www-authenticate"] !== undefined),
    asksToWait: headers["retry-after"] !== undefined,
  };
}

/** Recognizes the JSON that Cloudflare sends instead of a page to clients that accept JSON. */
function isCloudflareError(text: string): boolean {
  if (!text.includes('"cloudflare_error"')) return false;
  const parsed = parseJson(text);
  return parsed.ok && isObject(parsed.value) && parsed.value["cloudflare_error"] === true;
}

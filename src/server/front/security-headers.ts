import type { RequestListener } from "node:http";

/**
 * The policy of answers that are no pages: a browser that shows one as a document loads, runs and submits nothing. Pages replace it
 * with their own.
 */
export const CLOSED_POLICY =
  "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * Headers of every answer, for browsers. Browsers ignore `X-Frame-Options` where the policy of a page has `frame-ancestors`, so
 * that it does not keep public views out of the frames that they are for.
 */
const SECURITY_HEADERS: readonly (readonly [name: string, value: string])[] = [
  ["Content-Security-Policy", CLOSED_POLICY],
  ["X-Content-Type-Options", "nosniff"],
  ["X-Frame-Options", "DENY"],
  ["Referrer-Policy", "no-referrer"],
];

/** Wraps a listener: every answer has the security headers, unless the listener sets others of the same names. */
export const withSecurityHeaders =
  (listener: RequestListener): RequestListener =>
  (req, res) => {
    for (const [name, value] of SECURITY_HEADERS) res.setHeader(name, value);
    listener(req, res);
  };

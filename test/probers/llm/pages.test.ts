import { expect, test } from "vitest";
import { ask, detailOf, json, reasonOf, serve } from "./support.ts";

const HTML =
  "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Key invalid</body></html>";
const html = { "content-type": "text/html; charset=UTF-8" };
const text = { "content-type": "text/plain; charset=UTF-8" };
const API_ERROR = { error: { message: "x", type: "invalid_request_error" } };
const CLOUDFLARE = {
  type: "https://developers.cloudflare.com/support/troubleshooting/",
  title: "Error 1020: Access denied",
  status: 403,
  detail: "The site owner has blocked this request.",
  error_code: 1020,
  cloudflare_error: true,
};

test.each<{ name: string; status: number; body: unknown; headers?: Record<string, string>; reason: string }>([
  { name: "a challenge", status: 403, body: HTML, headers: html, reason: "http_status" },
  { name: "a page without a type", status: 403, body: `\n ${HTML}`, reason: "http_status" },
  { name: "a page", status: 401, body: HTML, headers: html, reason: "http_status" },
  { name: "a page with the type of JSON", status: 401, body: HTML, reason: "http_status" },
  {
    name: "a page that begins with a word",
    status: 401,
    body: "Oops <br>",
    headers: html,
    reason: "http_status",
  },
  { name: "a page", status: 404, body: HTML, headers: html, reason: "http_status" },
  { name: "a page", status: 400, body: HTML, headers: html, reason: "http_status" },
  { name: "a page", status: 429, body: HTML, headers: html, reason: "http_status" },
  {
    name: "a page with Retry-After",
    status: 429,
    body: HTML,
    headers: { ...html, "retry-after": "30" },
    reason: "rate_limited",
  },
  { name: "a page", status: 502, body: HTML, headers: html, reason: "server_error" },
  { name: "a page", status: 503, body: HTML, headers: html, reason: "server_error" },
  { name: "a page", status: 402, body: HTML, headers: html, reason: "billing" },
  {
    name: "a page that asks for a password",
    status: 401,
    body: HTML,
    headers: { ...html, "www-authenticate": "Basic" },
    reason: "auth",
  },
  {
    name: "a block in plain text",
    status: 403,
    body: "error code: 1020",
    headers: text,
    reason: "http_status",
  },
  {
    name: "a router in plain text",
    status: 404,
    body: "404 page not found",
    headers: text,
    reason: "http_status",
  },
  { name: "plain text", status: 401, body: "Unauthorized", headers: text, reason: "auth" },
  { name: "a proxy that wants credentials", status: 407, body: HTML, headers: html, reason: "auth" },
  { name: "Cloudflare's JSON", status: 403, body: CLOUDFLARE, reason: "http_status" },
  {
    name: "the API's JSON with a challenge",
    status: 403,
    body: API_ERROR,
    headers: { "cf-mitigated": "challenge" },
    reason: "http_status",
  },
  { name: "the API's JSON", status: 403, body: API_ERROR, reason: "auth" },
  { name: "the API's JSON as HTML", status: 401, body: API_ERROR, headers: html, reason: "auth" },
  { name: "other JSON", status: 403, body: { errors: [{ code: 10_000 }] }, reason: "auth" },
  { name: "JSON that is cut off", status: 403, body: '{"error":{"mess', reason: "auth" },
  { name: "no body", status: 401, body: "", reason: "auth" },
  { name: "no body", status: 403, body: "", reason: "auth" },
  { name: "no body", status: 429, body: "", reason: "rate_limited" },
])("$status, $name: $reason", async ({ status, body, headers, reason }) => {
  const result = await ask(await serve(json(body, status, headers ?? {})));
  expect(reasonOf(result)).toBe(reason);
  expect(result.answered).toBe(false);
  expect(detailOf(result)).toContain(`HTTP ${status}`);
});

import { describe, expect, test } from "vitest";
import { systemClock } from "../../../src/core/clock.ts";
import { knownSecret, REDACTED } from "../../../src/core/secret.ts";
import { seconds, timestamp } from "../../../src/core/units.ts";
import { deliver } from "../../../src/notify/delivery/webhook.ts";
import { serveHttp } from "../../helpers/http-targets.ts";

const ITEM = {
  id: "evt_1",
  key: "k",
  body: "{}",
  contentType: "application/json",
  number: 1,
  addedAt: timestamp(0),
  attempts: 0,
  notBefore: timestamp(0),
};

type Handler = Parameters<typeof serveHttp>[0];

/** Delivers an item to a receiver and returns the outcome. */
async function delivered(handler: Handler) {
  await using server = await serveHttp(handler);
  const destination = {
    url: knownSecret(`http://user:pass-word@${server.host}/hook/path-token%2Fx?key=query-token&short=ab`),
    headers: [["Authorization", knownSecret("Bearer header-token")]] as const,
    signing: { key: knownSecret("signing-key") },
    timeout: seconds(5),
    tls: { insecureSkipVerify: false },
  };
  return await deliver(destination, ITEM, new AbortController().signal, {
    clock: systemClock,
  });
}

describe("the response to a failed delivery", () => {
  test.each([
    ["a permanent error", 422, "event: unknown\ntype", { kind: "refused", excerpt: "event: unknown\\ntype" }],
    ["a temporary error", 503, "try later", { kind: "failed", excerpt: "try later" }],
    ["a redirect", 302, "moved", { kind: "failed", excerpt: "moved" }],
    ["no body", 500, "", { kind: "failed", excerpt: "" }],
    ["a long body", 400, "🔴".repeat(5000), { kind: "refused", excerpt: `${"🔴".repeat(150)}...` }],
  ])("is kept, one line and bounded: %s", async (_name, status, body, { kind, excerpt }) => {
    const attempt = await delivered((_request, response) => void response.writeHead(status).end(body));
    expect(attempt).toEqual({ kind, detail: `got status ${status}`, response: { status, excerpt } });
  });

  test("contains no secret of the request that it repeats", async () => {
    const attempt = await delivered(
      (request, response) =>
        void response.writeHead(400).end(
          JSON.stringify({
            url: request.url,
            path: decodeURIComponent(request.url ?? ""),
            token: request.headers.authorization,
            signature: request.headers["x-webhook-signature"],
            id: request.headers["webhook-id"],
          }),
        ),
    );
    const shown = JSON.stringify(attempt);
    for (const secret of ["path-token", "query-token", "header-token", "pass-word", "sha256=", "hook"])
      expect(shown).not.toContain(secret);
    expect(shown).toContain(REDACTED);
    expect(shown).toContain("evt_1");
  });

  test("is kept as far as it has arrived if it never ends, and not read if the delivery succeeded", async () => {
    const endless = (status: number) =>
      delivered((_request, response) => void response.writeHead(status).write("begin"));
    expect(await endless(500)).toMatchObject({ kind: "failed", response: { status: 500, excerpt: "begin" } });
    expect(await endless(200)).toEqual({ kind: "delivered" });
  });

  test("is left out if it is compressed", async () => {
    const attempt = await delivered(
      (_request, response) =>
        void response.writeHead(500, { "Content-Encoding": "gzip" }).end("\u{1f}\u{8b}"),
    );
    expect(attempt).toMatchObject({ response: { excerpt: "" } });
  });
});

import type { IncomingMessage, ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { createMemory } from "../../../src/core/memory.ts";
import { CLOSED_PORT, serveHttp } from "../../helpers/http-targets.ts";
import { beat, NOW, noise, start } from "./support.ts";

/** Starts a server that serves a log with range requests, as nginx does. */
function logServer(log: { content: string; etag?: boolean }) {
  const asked: (string | undefined)[] = [];
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    asked.push(request.headers.range);
    const bytes = Buffer.from(log.content);
    const etag = `"${bytes.length}"`;
    if (log.etag === true) response.setHeader("ETag", etag);
    if (log.etag === true && request.headers["if-none-match"] === etag) {
      response.writeHead(304).end();
      return;
    }
    const [, from = "", to = ""] = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? "") ?? [];
    const begin = from === "" ? Math.max(0, bytes.length - Number(to)) : Number(from);
    if (begin >= bytes.length) {
      response.writeHead(416, { "Content-Range": `bytes */${bytes.length}` }).end();
      return;
    }
    response.writeHead(206, { "Content-Range": `bytes ${begin}-${bytes.length - 1}/${bytes.length}` });
    response.end(bytes.subarray(begin));
  };
  return { asked, answer };
}

describe("from a server with range requests", () => {
  test.each([true, false])("only new lines are fetched (etag: %s)", async (etag) => {
    const log = { content: noise() + beat(1), etag };
    const { asked, answer } = logServer(log);
    await using server = await serveHttp(answer);
    const url = `http://${server.host}/app.log`;
    const memory = createMemory();
    const { probe } = start({ paths: [] }, { memory });
    const first = await probe(url);
    expect(first.verdict).toBe("ok");
    expect(first.value("log_lines_total", { heartbeat: url })).toBe(2);
    expect((await probe(url)).value("log_lines_total")).toBe(2);
    log.content += beat(2).slice(0, 9);
    expect((await probe(url)).value("log_heartbeats_total")).toBe(1);
    log.content += beat(2).slice(9) + beat(3);
    // The same happens after a restart.
    const again = start({ paths: [] }, { memory });
    const last = await again.probe(url);
    expect(last.value("log_heartbeats_total")).toBe(3);
    expect(last.value("log_missed_total")).toBe(0);
    expect(asked[0]).toBe("bytes=-16777216");
    const size = (noise() + beat(1)).length + 2;
    expect(Number(asked.at(-1)?.slice(6, -1))).toBeGreaterThan(size - 300);
  });

  test.each([
    ["shorter", beat(3)],
    ["longer", noise("another one").repeat(20) + beat(3)],
  ])("a log that was rotated is read from its beginning: %s", async (_, content) => {
    const log = { content: noise() + beat(1) + beat(2) };
    const { answer } = logServer(log);
    await using server = await serveHttp(answer);
    const { probe } = start({ paths: [] });
    await probe(`http://${server.host}/app.log`);
    log.content = content;
    const probed = await probe(`http://${server.host}/app.log`);
    expect(probed.value("log_heartbeats_total")).toBe(3);
    expect(probed.value("log_missed_total")).toBe(0);
    expect(probed.value("log_rotations_total", { kind: "truncate" })).toBe(1);
  });

  test("only the end of a big log is fetched the first time", async () => {
    const { answer } = logServer({ content: beat(1) + noise().repeat(1000) + beat(2) });
    await using server = await serveHttp(answer);
    const { probe } = start({ paths: [], initial_read: "1KB" });
    const probed = await probe(`http://${server.host}/app.log`);
    expect(probed.value("log_heartbeats_total")).toBe(1);
    expect(probed.value("log_parse_failures_total", { reason: "malformed" })).toBe(0);
    expect(probed.value("log_lines_total")).toBeLessThan(30);
  });

  test("an empty log is stale", async () => {
    const log = { content: "" };
    const { answer } = logServer(log);
    await using server = await serveHttp(answer);
    const { probe } = start({ paths: [] });
    const url = `http://${server.host}/app.log`;
    expect((await probe(url)).verdict).toBe("stale");
    log.content = beat(1);
    expect((await probe(url)).verdict).toBe("ok");
  });
});

test.each([false, true])("a server without range requests sends the whole log (gzip: %s)", async (gzip) => {
  let content = noise() + beat(1, { timestamp: undefined });
  await using server = await serveHttp((_request, response) => {
    response.setHeader("Last-Modified", new Date((NOW - 30) * 1000).toUTCString());
    if (gzip) response.setHeader("Content-Encoding", "gzip").end(gzipSync(content));
    else response.end(content);
  });
  const { probe } = start({ paths: [] });
  const url = `http://${server.host}/app.log`;
  expect((await probe(url)).value("last_seen_timestamp_seconds")).toBe(NOW - 30);
  content += beat(2);
  expect((await probe(url)).value("log_heartbeats_total")).toBe(2);
  expect((await probe(url)).value("log_lines_total")).toBe(3);
  content = beat(9);
  expect((await probe(url)).value("log_heartbeats_total")).toBe(3);
});

test.each([
  [200, "stale"],
  [404, "file_missing"],
  [403, "auth"],
  [302, "redirect"],
  [500, "http_status"],
])("HTTP status %d is the failure %s", async (status, verdict) => {
  await using server = await serveHttp((_request, response) => {
    response.writeHead(status, { Location: "/elsewhere" }).end("text\n");
  });
  const { probe } = start({ paths: [] });
  expect((await probe(`http://${server.host}/app.log`)).verdict).toBe(verdict);
});

test("a failure before the response has a reason and shows no secret", async () => {
  const { probe } = start({ paths: [], headers: { Authorization: "Bearer very-secret" } });
  const refused = await probe(`http://user:very-secret@127.0.0.1:${CLOSED_PORT}/app.log?token=very-secret`);
  expect(refused.verdict).toBe("connect");
  expect((await probe("http://nobody.invalid/app.log")).verdict).toBe("dns");
  expect((await probe("http://169.254.169.254/app.log")).verdict).toBe("forbidden_target");
  expect((await probe("http://127.0.0.1/app.log", { configured: false })).verdict).toBe("forbidden_target");
  expect(refused.detail + refused.text).not.toContain("very-secret");
});

test("headers are sent, and addresses are shown without secrets", async () => {
  const seen: (string | undefined)[] = [];
  await using server = await serveHttp((request, response) => {
    seen.push(request.headers.authorization, request.url);
    response.end(beat(1));
  });
  const { probe } = start({ paths: [], headers: { Authorization: "Bearer very-secret" } });
  const probed = await probe(`http://${server.host}/app.log?token=very-secret`);
  expect(seen).toEqual(["Bearer very-secret", "/app.log?token=very-secret"]);
  expect(probed.text).toContain(`heartbeat="http://${server.host}/app.log"`);
  expect(probed.text).not.toContain("very-secret");
});

test("an endless body stops at the limit, and one that hangs at the deadline", async () => {
  await using server = await serveHttp((request, response) => {
    response.write(noise().repeat(request.url === "/big" ? 100_000 : 10));
    if (request.url === "/big") response.end(beat(1));
  });
  const { probe } = start({ paths: [], body_size_limit: "1MB" });
  expect((await probe(`http://${server.host}/big`)).verdict).toBe("too_large");
  const hanging = await probe(`http://${server.host}/hang`, { signal: AbortSignal.timeout(300) });
  expect(hanging.verdict).toBe("timeout");
  expect(hanging.value("log_lines_total")).toBe(10);
});

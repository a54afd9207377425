import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { gzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../../src/core/clock.ts";
import { knownSecret, Secret } from "../../../src/core/secret.ts";
import { seconds } from "../../../src/core/units.ts";
import { USER_AGENT } from "../../../src/core/user-agent.ts";
import { type OutboundReply, type OutboundRequest, send } from "../../../src/notify/delivery/http-client.ts";
import { certificates } from "../../differential/targets/certificates.ts";
import { oldCertificates, oldServers } from "../../differential/targets/old-servers.ts";
import { manualClock } from "../../helpers/clock.ts";
import { CLOSED_PORT, serveHttp, serveHttps } from "../../helpers/http-targets.ts";
import { waitUntil } from "../../helpers/process.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";
import { type Reply, startReceiver } from "../receiver.ts";

test.each([
  { name: "a wait that the receiver asks for", retryAfter: "7", wait: 7 },
  { name: "an hour for a longer wait", retryAfter: "9999999", wait: 3600 },
  { name: "no wait for words", retryAfter: "soon", wait: undefined },
])("returns $name", async ({ retryAfter, wait }) => {
  await using receiver = await startReceiver(() => ({ status: 429, retryAfter }));
  const request = {
    method: "POST",
    url: receiver.url,
    headers: {},
    timeout: seconds(5),
    tls: { insecureSkipVerify: false },
    maxBodyBytes: 0,
  };
  const reply = await send(request, new AbortController().signal, systemClock);
  expect(reply).toEqual({
    kind: "answer",
    status: 429,
    body: "",
    ...(wait === undefined ? {} : { retryAfter: wait }),
  });
});

const oldReceivers = [
  { at: "rsa1024", verified: "answer", skipped: "answer" },
  { at: "noRenegotiationInfo", verified: "answer", skipped: "answer" },
  { at: "sha1Handshake", verified: "answer", skipped: "answer" },
  { at: "rsaExchange", verified: "answer", skipped: "answer" },
  { at: "sha1", verified: "failed", skipped: "answer" },
  { at: "belowSha1", verified: "failed", skipped: "answer" },
  { at: "belowRsa512", verified: "failed", skipped: "answer" },
] as const;

test.each(oldReceivers)(
  "an old receiver, $at: verified $verified, else $skipped",
  async ({ at, verified, skipped }) => {
    const server = oldServers[at]((_, response) => response.end());
    onTestFinished(() => void server.close());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const request = {
      method: "GET",
      url: `https://127.0.0.1:${port}/`,
      headers: {},
      timeout: seconds(5),
      maxBodyBytes: 0,
    };
    const settings = [
      { insecureSkipVerify: false, ca: knownSecret(certificates.root.cert) },
      { insecureSkipVerify: true },
    ];
    const replies = settings.map((tls) =>
      send({ ...request, tls }, new AbortController().signal, systemClock),
    );
    expect((await Promise.all(replies)).map(({ kind }) => kind)).toEqual([verified, skipped]);
  },
);

const REQUEST = {
  method: "POST",
  headers: {},
  timeout: seconds(5),
  tls: { insecureSkipVerify: false },
  maxBodyBytes: 100,
};

/** Sends a request with the manual clock, and waits for the reply without moving that. */
async function replyTo(request: Partial<OutboundRequest> & { readonly url: string }, clock = manualClock()) {
  const reply = await settled(send({ ...REQUEST, ...request }, new AbortController().signal, clock));
  expect(clock.timers()).toBe(0);
  return reply;
}

async function settled(sent: Promise<OutboundReply>): Promise<OutboundReply> {
  const replies: OutboundReply[] = [];
  void sent.then((reply) => replies.push(reply));
  return waitUntil("the reply", () => replies[0], seconds(30));
}

/** Begins a response with a body that does not end. */
const begin =
  (status: number, body: string): RequestListener =>
  (_request, response) => {
    response.writeHead(status).flushHeaders();
    if (body !== "") response.write(body);
  };

const whole =
  (body: string | Buffer, encoding: string): RequestListener =>
  (_request, response) =>
    void response.writeHead(200, { "Content-Encoding": encoding }).end(body);

describe("the body of a response", () => {
  const errorsOnly = { bodyOfErrorsOnly: true };
  test.each<[string, Partial<OutboundRequest>, RequestListener, string]>([
    ["is not waited for if none is wanted", { maxBodyBytes: 0 }, begin(200, ""), ""],
    ["is read up to the limit", { maxBodyBytes: 4 }, begin(200, "abcd"), "abcd"],
    ["is not read beyond the limit", { maxBodyBytes: 4 }, begin(200, "abcdef"), "abcd"],
    ["may be missing", {}, begin(204, ""), ""],
    ["is not read after a success if only errors matter", errorsOnly, begin(299, "abcd"), ""],
    ["is left out if it is compressed", {}, whole(gzipSync("abcd"), "gzip"), ""],
    ["is read if its encoding says that it is not", {}, whole("abcd", "identity"), "abcd"],
    [
      "may break off",
      {},
      (_request, response) => response.write("abcd", () => response.socket?.destroy()),
      "abcd",
    ],
  ])("%s", async (_name, request, handle, body) => {
    await using server = await serveHttp(handle);
    expect(await replyTo({ url: `http://${server.host}/`, ...request })).toMatchObject({
      kind: "answer",
      body,
    });
  });

  test.each([
    ["a success", 200, {}, 2],
    ["an error", 500, {}, 2],
    ["an error, if only errors matter, for less than a second", 500, errorsOnly, 0.999],
    ["a redirect, if only errors matter, for less than a second", 300, errorsOnly, 0.999],
  ])("is waited for after %s", async (_name, status, request, wait) => {
    const clock = manualClock();
    await using server = await serveHttp((_request, response) => {
      response.writeHead(status).write("ab");
      setTimeout(() => {
        clock.advance(seconds(wait));
        response.end("cd");
      }, 100);
    });
    expect(await replyTo({ url: `http://${server.host}/`, ...request }, clock)).toEqual({
      kind: "answer",
      status,
      body: "abcd",
    });
  });

  test("that is not read to its end closes the connection", async () => {
    await using server = await serveHttp(begin(200, ""));
    await replyTo({ url: `http://${server.host}/`, maxBodyBytes: 0 });
    await waitUntil("the end of the connection", () => server.sockets.size === 0 || undefined);
    expect(server.sockets.size).toBe(0);
  });

  test("is not waited for longer than a second if only errors matter", async () => {
    const clock = manualClock();
    await using server = await serveHttp(begin(500, "ab"));
    const request = { ...REQUEST, ...errorsOnly, url: `http://${server.host}/` };
    const sent = send(request, new AbortController().signal, clock);
    await waitUntil("the timer for the body", () => clock.timers() === 2 || undefined);
    clock.advance(seconds(1));
    expect(await settled(sent)).toMatchObject({ kind: "answer", status: 500 });
    expect(clock.timers()).toBe(0);
  });
});

describe("a request", () => {
  test("has a body, a user agent and a host, and asks for no compression", async () => {
    await using receiver = await startReceiver();
    await replyTo({ url: receiver.url, body: Buffer.from("text"), headers: { "x-own": "1" } });
    await replyTo({ url: receiver.url, headers: { host: "own.example" } });
    await replyTo({ url: receiver.url, method: "GET" });
    const { host } = new URL(receiver.url);
    expect(receiver.arrived).toMatchObject([
      { body: "text", headers: { host, "x-own": "1", "user-agent": USER_AGENT } },
      { body: "", headers: { host: "own.example", "content-length": "0" } },
      { body: "", headers: { host } },
    ]);
    for (const { headers } of receiver.arrived) expect(headers).not.toHaveProperty("accept-encoding");
  });

  test.each<[string, Reply, OutboundReply]>([
    ["the connection was closed", "close", { kind: "failed", detail: "ECONNRESET" }],
    ["the status was temporary", 503, { kind: "answer", status: 503, body: "" }],
    [
      "the receiver asked for it",
      { status: 503, retryAfter: "1" },
      { kind: "answer", status: 503, body: "", retryAfter: seconds(1) },
    ],
  ])("is not repeated if %s", async (_name, reply, expected) => {
    await using receiver = await startReceiver(() => reply);
    for (const method of ["GET", "POST"]) {
      expect(await replyTo({ url: receiver.url, method })).toEqual(expected);
    }
    expect(receiver.arrived).toHaveLength(2);
  });

  test("does not follow redirects", async () => {
    await using other = await startReceiver();
    await using server = await serveHttp(
      (_request, response) => void response.writeHead(302, { Location: other.url }).end("moved"),
    );
    for (const method of ["GET", "POST"]) {
      expect(await replyTo({ url: `http://${server.host}/`, method })).toEqual({
        kind: "answer",
        status: 302,
        body: "moved",
      });
    }
    expect(other.arrived).toEqual([]);
  });

  test("fails if nothing listens, or if its URL or certificate authority cannot be read", async () => {
    expect(await replyTo({ url: `http://127.0.0.1:${CLOSED_PORT}/` })).toEqual({
      kind: "failed",
      detail: "ECONNREFUSED",
    });
    const lost = new Secret(async () => {
      throw new Error("the file is gone");
    });
    for (const request of [
      { url: "no address" },
      { url: "no address", unixSocket: "/nowhere" },
      { url: `http://127.0.0.1:${CLOSED_PORT}/`, tls: { insecureSkipVerify: false, ca: lost } },
    ]) {
      expect(await replyTo(request)).toEqual({
        kind: "failed",
        detail: "the URL or a certificate is invalid",
      });
    }
  });

  test("ends at its deadline or with the exporter", async () => {
    await using receiver = await startReceiver(() => "hang");
    const clock = manualClock();
    const request = { ...REQUEST, url: receiver.url };
    const ending = new AbortController();
    const late = send(request, new AbortController().signal, clock);
    const ended = send(request, ending.signal, clock);
    await waitUntil("the requests", () => receiver.arrived.length === 2 || undefined);
    ending.abort();
    expect(await settled(ended)).toMatchObject({ kind: "failed" });
    clock.advance(seconds(4.999));
    expect(clock.timers()).toBe(1);
    clock.advance(seconds(0.001));
    expect(await settled(late)).toEqual({ kind: "timeout", detail: "no response within 5s" });
    expect(clock.timers()).toBe(0);
  });

  test("goes to a unix socket if one is set, and not for a URL that names one", async () => {
    await using folder = await temporaryFolder();
    const unixSocket = join(folder.path, "socket");
    const arrived: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      arrived.push(`${request.headers.host} ${request.url}`);
      response.end("here");
    });
    onTestFinished(() => void server.close());
    await new Promise<void>((resolve) => server.listen(unixSocket, resolve));
    const url = "http://host.example:8080/v1/restart?name=web&force=1";
    expect(await replyTo({ url, unixSocket })).toEqual({ kind: "answer", status: 200, body: "here" });
    expect(await replyTo({ url: `http://unix:${unixSocket}:/` })).toMatchObject({ kind: "failed" });
    expect(arrived).toEqual(["host.example:8080 /v1/restart?name=web&force=1"]);
  });
});

test("a root that the machine trusts may be signed with SHA-1", async () => {
  const { sha1Alone } = oldCertificates;
  const trusted = getCACertificates("default");
  setDefaultCACertificates([sha1Alone.cert]);
  onTestFinished(() => setDefaultCACertificates(trusted));
  await using server = await serveHttps(
    { ...sha1Alone, ciphers: "DEFAULT:@SECLEVEL=0" },
    (_request, response) => response.end(),
  );
  expect(await replyTo({ url: `https://${server.host}/` })).toMatchObject({ kind: "answer", status: 200 });
});

import { once } from "node:events";
import { connect } from "node:net";
import express, { type Request, type Response } from "express";
import { describe, expect, onTestFinished, test } from "vitest";
import type { AlertGroup } from "../../src/core/alert.ts";
import { createAuthFailures } from "../../src/core/auth-failures.ts";
import type { InboundAuth } from "../../src/core/relay.ts";
import { knownSecret } from "../../src/core/secret.ts";
import { seconds } from "../../src/core/units.ts";
import { readNotification } from "../../src/notify/notification.ts";
import { notificationOf } from "../../src/server/body.ts";
import { manualClock } from "../helpers/clock.ts";
import { serveHttp } from "../helpers/http-targets.ts";
import { type Answer, send } from "../helpers/listeners.ts";
import { notification } from "../notify/receiver.ts";

const BEARER: InboundAuth = { kind: "bearer", token: knownSecret("right") };
const BASIC: InboundAuth = { kind: "basic", username: "am", password: knownSecret("right") };
const BODY = notification([{ labels: { alertname: "Down" } }]);
const LIMIT = 4 * 1024 * 1024;

const bearer = { authorization: "Bearer right" };
const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString("base64")}` });

/** Serves a route that takes notifications with these credentials, and answers with the number of their alerts. */
async function serve(auth: InboundAuth = BEARER) {
  const clock = manualClock();
  const ignore = (): void => {};
  const log = { debug: ignore, info: ignore, warn: ignore, error: ignore };
  const authFailures = createAuthFailures(clock, log);
  const groups: (AlertGroup | undefined)[] = [];
  const take = async (req: Request, res: Response): Promise<void> => {
    const context = { clock, readNotification, authFailures };
    const group = await notificationOf({ auth, name: "phone" }, "relay", req, res, context);
    groups.push(group);
    if (group !== undefined) res.json({ alerts: group.alerts.length });
  };
  const app = express();
  app.use((req, res) => void take(req, res));
  const server = await serveHttp(app);
  onTestFinished(() => server[Symbol.asyncDispose]());
  const to = { host: "127.0.0.1", port: server.port, method: "POST" };
  return {
    clock,
    port: server.port,
    /** The notifications that the route was handed, and `undefined` for each one that was refused. */
    groups,
    /** Numbers of refused requests that are above 0. */
    failures: () => [...authFailures.counts()].filter(({ count }) => count > 0),
    post: (headers: Readonly<Record<string, string>>, body = BODY): Promise<Answer> =>
      send({ ...to, headers }, body),
  };
}

/** Sends these bytes and returns all that is answered until the connection ends. */
function exchange(port: number, bytes: string) {
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  let text = "";
  socket.on("error", () => {}).on("data", (chunk) => (text += String(chunk)));
  socket.write(bytes);
  return { socket, answer: () => text, ended: once(socket, "end").then(() => text) };
}

const head = (length: number): string =>
  `POST / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer right\r\nContent-Length: ${length}\r\n\r\n`;

describe("the credentials of a notification", () => {
  test.each([
    ["a token", BEARER, bearer],
    ["a token, with the scheme in other letters", BEARER, { authorization: "bearer right" }],
    ["a user and password", BASIC, basic("am:right")],
  ])("are %s", async (_, auth, headers) => {
    const route = await serve(auth);
    const { status, body } = await route.post(headers);
    expect([status, String(body)]).toEqual([200, '{"alerts":1}']);
    expect(route.failures()).toEqual([]);
  });

  const WANT_TOKEN = 'Authorization: want "Bearer TOKEN" with the token of token_file';
  const WANT_USER = "Authorization: want the user and password of basic_auth";
  test.each([
    ["no token", BEARER, {}, "missing", WANT_TOKEN],
    ["a wrong token", BEARER, { authorization: "Bearer wrong" }, "wrong", WANT_TOKEN],
    ["a token without a scheme", BEARER, { authorization: "right" }, "wrong", WANT_TOKEN],
    ["a password in place of a token", BEARER, basic("am:right"), "wrong", WANT_TOKEN],
    ["no password", BASIC, {}, "missing", WANT_USER],
    ["a wrong password", BASIC, basic("am:wrong"), "wrong", WANT_USER],
    ["a wrong user", BASIC, basic("you:right"), "wrong", WANT_USER],
    ["a password that is not encoded", BASIC, { authorization: "Basic am:right" }, "wrong", WANT_USER],
    ["a token in place of a password", BASIC, bearer, "wrong", WANT_USER],
  ] as const)("are not %s", async (_, auth, headers, problem, error) => {
    const route = await serve(auth);
    const answer = await route.post(headers);
    expect([answer.status, String(answer.body)]).toEqual([401, JSON.stringify({ error })]);
    expect(answer.headers).toMatchObject({
      connection: "close",
      "www-authenticate": `${auth.kind === "basic" ? "Basic" : "Bearer"} realm="heartbeat-exporter"`,
    });
    expect(route.failures()).toEqual([{ guard: "relay", problem, count: 1 }]);
    expect(route.groups).toEqual([undefined]);
  });
});

describe("the body of a notification", () => {
  test.each([
    ["is not compressed", { ...bearer, "content-encoding": "identity" }, BODY, 200, '{"alerts":1}'],
    [
      "must not be compressed",
      { ...bearer, "content-encoding": "gzip" },
      BODY,
      415,
      '{"error":"Content-Encoding: got a compressed body, want an uncompressed one"}',
    ],
    ["may be as long as the limit", bearer, BODY.padEnd(LIMIT), 200, '{"alerts":1}'],
    ["must be one", bearer, "{", 400, '{"error":"body: not valid JSON, want a webhook of Alertmanager"}'],
  ] as const)("%s", async (_, headers, body, status, text) => {
    const route = await serve();
    const answer = await route.post(headers, body);
    expect([answer.status, String(answer.body)]).toEqual([status, text]);
    expect(answer.headers.connection).toBe(status === 415 ? "close" : "keep-alive");
    expect(route.groups.map((group) => group?.alerts.length)).toEqual([status === 200 ? 1 : undefined]);
    expect(route.clock.timers()).toBe(0);
  });

  test("is not read if it is announced as longer than the limit", async () => {
    const { port, groups } = await serve();
    const answer = await exchange(port, head(LIMIT + 1)).ended;
    expect(answer).toMatch(/^HTTP\/1\.1 413 [^]*\r\nConnection: close\r\n/);
    expect(answer).toContain(`got more than ${LIMIT} bytes; set max_alerts`);
    expect(groups).toEqual([undefined]);
  });

  test("is refused at its deadline, and not before it", async () => {
    const { port, clock, groups } = await serve();
    const { answer, ended } = exchange(port, `${head(100)}{`);
    await expect.poll(() => clock.timers()).toBe(1);
    clock.advance(seconds(9.999));
    for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect([answer(), groups]).toEqual(["", []]);
    clock.advance(seconds(0.001));
    expect(await ended).toMatch(/^HTTP\/1\.1 408 [^]*\r\nConnection: close\r\n/);
    expect(answer()).toContain("got only a part of it in 10s, want all of it");
    expect(groups).toEqual([undefined]);
  });

  test("has no answer if its client has gone", async () => {
    const { port, clock, groups } = await serve();
    const { socket } = exchange(port, `${head(100)}{`);
    await expect.poll(() => clock.timers()).toBe(1);
    socket.destroy();
    await expect.poll(() => groups).toEqual([undefined]);
    expect(clock.timers()).toBe(0);
  });
});

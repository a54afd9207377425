import bcrypt from "bcryptjs";
import { describe, expect, test } from "vitest";
import { createAuthFailures } from "../../src/core/auth-failures.ts";
import type { Log } from "../../src/core/log.ts";
import { seconds } from "../../src/core/units.ts";
import { manualClock } from "../helpers/clock.ts";
import { startExporter } from "../helpers/exporter.ts";
import { valueOf } from "../helpers/exposition.ts";
import { placeOf, send } from "../helpers/listeners.ts";
import { waitUntil } from "../helpers/process.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { notification } from "../notify/receiver.ts";

const CONFIG = `
modules: { page: { prober: http } }
heartbeats:
  - { name: guarded, token_file: ping }
  - { name: open }
relays:
  - { name: phone, token_file: relay, url: "http://127.0.0.1:1", signing: { key_file: relay } }
  - { name: basic, basic_auth: { username: am, password_file: relay }, url: "http://127.0.0.1:1", signing: { key_file: relay } }
actions:
  - { name: restart, token_file: action, match: { alertname: A }, run: [/bin/true] }
components: { token_file: components }
`;
const FILES = {
  ping: "ping-token",
  relay: "relay-token",
  action: "action-token",
  control: "control-token",
  components: "component-token",
};
const USERS = `basic_auth_users: { alice: "${bcrypt.hashSync("sesame", 4)}" }`;

type RequestHeaders = Readonly<Record<string, string>>;

const bearer = (token: string): RequestHeaders => ({ Authorization: `Bearer ${token}` });
const basic = (user: string, password: string): RequestHeaders => ({
  Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`,
});
const ALICE = basic("alice", "sesame");
const NONE: RequestHeaders = {};

type Row = readonly [
  name: string,
  method: string,
  path: string,
  headers: RequestHeaders,
  status: number,
  challenge?: "Basic" | "Bearer",
];

const COMMON: readonly Row[] = [
  ["a ping with its token", "GET", "/ping/guarded", bearer("ping-token"), 200],
  ["a ping with its token in the path", "GET", "/ping/ping-token/guarded/fail", NONE, 200],
  ["a ping with its token in the query, from a user", "POST", "/ping/guarded?token=ping-token", ALICE, 200],
  ["a ping with a wrong token", "GET", "/ping/guarded", bearer("wrong"), 401, "Bearer"],
  ["a ping without a token, from a user", "GET", "/ping/guarded", ALICE, 401, "Bearer"],
  ["a ping of an unknown heartbeat", "GET", "/ping/unknown", NONE, 401, "Bearer"],
  ["a ping without a configured token, from a user", "GET", "/ping/open", ALICE, 200],
  ["a ping without a configured token", "GET", "/ping/open", NONE, 401, "Basic"],
  [
    "a ping without a configured token, with another's",
    "GET",
    "/ping/open",
    bearer("ping-token"),
    401,
    "Basic",
  ],
  ["a path that only looks like a ping", "GET", "/ping/guarded%2f..%2f..%2fmetrics", NONE, 401, "Bearer"],
  ["a path of a ping that is none", "GET", "/ping/a/b/c/d", NONE, 401, "Basic"],
  ["a ping without a name", "GET", "/ping/", NONE, 401, "Basic"],
  ["a ping with a backslash", "GET", "/ping/guarded\\..\\..\\metrics", NONE, 401, "Basic"],
  ["a ping with a fragment", "GET", "/ping/guarded#x", NONE, 401, "Basic"],
  ["a ping in other letters", "GET", "/PING/guarded", bearer("ping-token"), 401, "Basic"],
  ["a relay with its token", "POST", "/alertmanager/relay/phone", bearer("relay-token"), 200],
  ["a relay with its own password", "POST", "/alertmanager/relay/basic", basic("am", "relay-token"), 200],
  ["a relay with a user's password", "POST", "/alertmanager/relay/basic", ALICE, 401, "Basic"],
  ["a relay with a wrong token", "POST", "/alertmanager/relay/phone", bearer("ping-token"), 401, "Bearer"],
  ["a relay without a token", "POST", "/alertmanager/relay/phone", NONE, 401, "Bearer"],
  ["a relay by another method", "GET", "/alertmanager/relay/phone", NONE, 401, "Basic"],
  ["an unknown relay", "POST", "/alertmanager/relay/other", bearer("relay-token"), 401, "Basic"],
  ["an action with its token", "POST", "/alertmanager/actions/restart", bearer("action-token"), 200],
  [
    "an action with a relay's token",
    "POST",
    "/alertmanager/actions/restart",
    bearer("relay-token"),
    401,
    "Bearer",
  ],
  ["a component with its token", "PUT", "/api/v1/components/x", bearer("component-token"), 400],
  ["a component without a token", "PUT", "/api/v1/components/x", NONE, 401, "Bearer"],
  ["a component with a wrong token", "PUT", "/api/v1/components/x", bearer("wrong"), 401, "Bearer"],
  ["a component by a method that needs no token", "GET", "/api/v1/components/x", NONE, 401, "Basic"],
  [
    "the list of components with their token",
    "GET",
    "/api/v1/components",
    bearer("component-token"),
    401,
    "Basic",
  ],
  [
    "a deeper path with the token of components",
    "PUT",
    "/api/v1/components/x/y",
    bearer("component-token"),
    401,
    "Basic",
  ],
  [
    "another route with the path of components",
    "GET",
    "/config?/api/v1/components/x",
    bearer("component-token"),
    401,
    "Basic",
  ],
  ["metrics from a user", "GET", "/metrics", ALICE, 200],
  ["metrics with the token of a relay", "GET", "/metrics", bearer("relay-token"), 401, "Basic"],
  ["metrics with the token of a ping", "GET", "/metrics?token=ping-token", NONE, 401, "Basic"],
  [
    "the list of relays with the token of a relay",
    "GET",
    "/api/v1/relay",
    bearer("relay-token"),
    401,
    "Basic",
  ],
];

const WITH_CONTROL: readonly Row[] = [
  ["control with its token", "POST", "/api/v1/actions/restart/reset", bearer("control-token"), 200],
  ["control with a wrong token", "POST", "/api/v1/actions/restart/reset", bearer("wrong"), 401, "Bearer"],
  [
    "what only control shows, with its token",
    "GET",
    "/heartbeats/guarded/body",
    bearer("control-token"),
    404,
  ],
  ["what only control shows, from a user", "GET", "/heartbeats/guarded/body", ALICE, 401, "Bearer"],
  [
    "the head of what only control shows, from a user",
    "HEAD",
    "/heartbeats/guarded/body",
    ALICE,
    401,
    "Bearer",
  ],
  ["the head of what only control shows", "HEAD", "/heartbeats/guarded/body", NONE, 401, "Bearer"],
  ["control from a user", "POST", "/api/v1/actions/restart/reset", ALICE, 401, "Bearer"],
  ["a reload with the token", "POST", "/-/reload", bearer("control-token"), 200],
  ["a reload with a wrong token", "POST", "/-/reload", bearer("wrong"), 401, "Bearer"],
  ["a reload from a user on this machine", "POST", "/-/reload", ALICE, 200],
  ["a reload from this machine without a user", "POST", "/-/reload", NONE, 401, "Basic"],
  ["a reload from a user through a proxy", "POST", "/-/reload", { ...ALICE, Via: "1.1 x" }, 401, "Bearer"],
  ["a component with the control token", "PUT", "/api/v1/components/x", bearer("control-token"), 400],
  [
    "replay with the token of the relay",
    "POST",
    "/api/v1/relay/phone/replay",
    bearer("relay-token"),
    401,
    "Bearer",
  ],
  ["metrics with the control token", "GET", "/metrics", bearer("control-token"), 200],
];

const WITHOUT_CONTROL: readonly Row[] = [
  ["control that is off", "POST", "/api/v1/actions/restart/reset", NONE, 401, "Basic"],
  ["control that is off, from a user", "POST", "/api/v1/actions/restart/reset", ALICE, 403],
  ["a reload from this machine without a user", "POST", "/-/reload", NONE, 401, "Basic"],
  ["a reload from a user on this machine", "POST", "/-/reload", ALICE, 200],
  [
    "a reload from a user through a proxy",
    "POST",
    "/-/reload",
    { ...ALICE, "X-Forwarded-For": "10.0.0.7" },
    403,
  ],
];

describe.each([
  { control: "with", more: "control: { token_file: control }", rows: [...COMMON, ...WITH_CONTROL] },
  { control: "without", more: "", rows: [...COMMON, ...WITHOUT_CONTROL] },
])("behind basic authentication, $control a control token", ({ more, rows }) => {
  test("each route demands its own credentials, or a user", async () => {
    await using folder = await temporaryFolder();
    await using exporter = await startExporter({
      yaml: `${CONFIG}${more}\n`,
      files: FILES,
      args: [`--web.config.file=${await folder.write("web.yml", USERS)}`],
    });
    const seen: unknown[] = [];
    for (const [name, method, path, headers] of rows) {
      const response = await send(
        { ...placeOf(exporter.url), method, path, headers },
        method === "POST" && path.startsWith("/alertmanager/") ? notification([]) : undefined,
      );
      const challenge = response.headers["www-authenticate"]?.split(" ")[0];
      seen.push([
        name,
        method,
        path,
        headers,
        response.status,
        ...(challenge === undefined ? [] : [challenge]),
      ]);
    }
    expect(seen).toEqual(rows);

    const metrics = await (await fetch(`${exporter.url}/metrics`, { headers: ALICE })).text();
    const failures = (guard: string, credentials: string) =>
      valueOf(metrics, "heartbeat_exporter_auth_failures_total", { guard, credentials });
    expect(failures("ping", "wrong")).toBe(1);
    expect(failures("ping", "missing")).toBe(3);
    expect(failures("relay", "wrong")).toBe(2);
    expect(failures("relay", "missing")).toBe(1);
    expect(failures("action", "wrong")).toBe(1);
    expect(failures("web", "missing")).toBeGreaterThan(0);
    const log = await waitUntil("the log", () =>
      exporter.process.output().includes("because of their credentials")
        ? exporter.process.output()
        : undefined,
    );
    expect(log).toMatch(/guard=ping credentials=wrong name=guarded from=\S*127\.0\.0\.1 refused=1/);
    for (const secret of ["wrong\n", "ping-token", "relay-token", "action-token"])
      expect(log).not.toContain(secret);
  });
});

test("behind a route prefix, routes below it alone have credentials of their own", async () => {
  await using folder = await temporaryFolder();
  await using exporter = await startExporter({
    yaml: CONFIG,
    files: FILES,
    args: ["--web.route-prefix=/hb", `--web.config.file=${await folder.write("web.yml", USERS)}`],
  });
  const ask = async (path: string, headers: RequestHeaders) => {
    const response = await send({ ...placeOf(exporter.url), path, headers });
    return [response.status, response.headers["www-authenticate"]?.split(" ")[0]];
  };
  expect(await ask("/hb/ping/guarded", bearer("ping-token"))).toEqual([200, undefined]);
  expect(await ask("/hb/ping/guarded", NONE)).toEqual([401, "Bearer"]);
  // Outside of the prefix there is no ping.
  for (const path of ["/ping/guarded", "/xx/ping/guarded", "/hbping/guarded"])
    expect([path, ...(await ask(path, bearer("ping-token")))]).toEqual([path, 401, "Basic"]);
});

test("failed credentials are all counted, and logged at most once a minute for each kind", () => {
  const clock = manualClock();
  const lines: object[] = [];
  const ignore = (): void => {};
  const log: Log = { debug: ignore, info: ignore, error: ignore, warn: (fields) => void lines.push(fields) };
  const failures = createAuthFailures(clock, log);
  const kinds = ["ping", "relay", "action", "component", "control", "web"].flatMap((guard) => [
    { guard, problem: "missing", count: 0 },
    { guard, problem: "wrong", count: 0 },
  ]);
  expect([...failures.counts()]).toEqual([...kinds, { guard: "web", problem: "unchecked", count: 0 }]);
  const from = "192.0.2.1";
  for (let i = 0; i < 1000; i += 1) failures.record({ guard: "ping", problem: "wrong", name: "web-1", from });
  failures.record({ guard: "ping", problem: "missing", from });
  failures.record({ guard: "web", problem: "missing", from });
  failures.record({ guard: "web", problem: "wrong", from: undefined });
  failures.record({ guard: "web", problem: "unchecked", from });
  // Only passwords are left unchecked.
  failures.record({ guard: "control", problem: "unchecked", from });
  clock.advance(seconds(61));
  failures.record({ guard: "ping", problem: "wrong", from });
  expect(lines).toEqual([
    { guard: "ping", credentials: "wrong", name: "web-1", from, refused: 1 },
    { guard: "ping", credentials: "missing", name: undefined, from, refused: 1 },
    { guard: "web", credentials: "wrong", name: undefined, from: undefined, refused: 1 },
    { guard: "web", credentials: "unchecked", name: undefined, from, refused: 1 },
    { guard: "ping", credentials: "wrong", name: undefined, from, refused: 1000 },
  ]);
  const counted = [...failures.counts()].filter(({ count }) => count > 0);
  expect(counted).toEqual([
    { guard: "ping", problem: "missing", count: 1 },
    { guard: "ping", problem: "wrong", count: 1001 },
    { guard: "web", problem: "missing", count: 1 },
    { guard: "web", problem: "wrong", count: 1 },
    { guard: "web", problem: "unchecked", count: 1 },
  ]);
});

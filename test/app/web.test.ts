import { rm } from "node:fs/promises";
import { type RequestOptions, request } from "node:https";
import type { AddressInfo } from "node:net";
import bcrypt from "bcryptjs";
import { describe, expect, onTestFinished, test } from "vitest";
import { createWeb } from "../../src/app/web.ts";
import { type Clock, systemClock } from "../../src/core/clock.ts";
import type { Log } from "../../src/core/log.ts";
import { knownSecret } from "../../src/core/secret.ts";
import { seconds } from "../../src/core/units.ts";
import { makeCertificate, type TestCertificate } from "../helpers/certificates.ts";
import { advanceAndWait, manualClock } from "../helpers/clock.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

const PASSWORD = "öpen: sesame";
const HASH = bcrypt.hashSync(PASSWORD, 4);
const authority = makeCertificate({ subject: [["CN", "clients"]], authority: true });
const server = makeCertificate({ names: ["IP:127.0.0.1"] });

/** Serves `hello` behind a web configuration. */
async function serve(yaml: string, clock: Clock, files: Readonly<Record<string, string>> = {}) {
  const folder = await temporaryFolder();
  for (const [name, content] of Object.entries(files)) await folder.write(name, content);
  const logged: string[] = [];
  const at = (_fields: object, message: string) => void logged.push(message);
  const log: Log = { debug: at, info: at, warn: at, error: at, isLevelEnabled: () => false };
  const web = createWeb(await folder.write("web.yml", yaml), {
    clock,
    log,
    controlToken: () => knownSecret("control-me"),
  });
  const listening = web.createServer();
  listening.on(
    "request",
    web.guard((_req, res) => void res.end("hello")),
  );
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    web.stop();
    listening.closeAllConnections();
    await new Promise((resolve) => listening.close(resolve));
    await folder[Symbol.asyncDispose]();
  });
  const { port } = listening.address() as AddressInfo;
  return { url: `${web.scheme}://127.0.0.1:${port}`, port, folder, logged };
}

const basic = (user: string, password: string) => ({
  headers: { Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}` },
});

const statusOf = async (url: string, init: RequestInit = {}): Promise<number> => {
  const response = await fetch(url, init);
  await response.text();
  return response.status;
};

describe("basic authentication", () => {
  test("admits only configured users, on every path and method", async () => {
    const { url } = await serve(`basic_auth_users: { alice: ${HASH} }`, manualClock());
    expect(await statusOf(url, basic("alice", PASSWORD))).toBe(200);
    expect(await statusOf(`${url}/-/healthy`, basic("alice", PASSWORD))).toBe(200);
    const refused: readonly RequestInit[] = [
      {},
      basic("alice", "wrong"),
      basic("alice", ""),
      basic("bob", PASSWORD),
      basic("", ""),
      basic("bob", "password"),
      basic("alice", HASH),
      { headers: { Authorization: "Basic ????" } },
      { headers: { Authorization: `Basic ${Buffer.from("alice").toString("base64")}` } },
      { headers: { Authorization: "Bearer wrong" } },
      { headers: { Authorization: `Digest ${HASH}` } },
    ];
    for (const init of [...refused, ...refused]) {
      const response = await fetch(`${url}/metrics`, init);
      expect(response.status).toBe(401);
      expect(response.headers.get("www-authenticate")).toMatch(/^Basic /);
      expect(await response.text()).not.toContain("alice");
    }
    expect(await statusOf(url, { method: "POST", ...basic("alice", "wrong") })).toBe(401);
  });

  test("accepts the control token instead of a password", async () => {
    const { url } = await serve(`basic_auth_users: { alice: ${HASH} }`, manualClock());
    expect(await statusOf(url, { headers: { Authorization: "Bearer control-me" } })).toBe(200);
  });

  test("hashes a password once, not again for each scrape", async () => {
    const slow = bcrypt.hashSync(PASSWORD, 11);
    const { url } = await serve(`basic_auth_users: { alice: "${slow}" }`, manualClock());
    const timed = async (password: string): Promise<number> => {
      const begin = performance.now();
      await statusOf(url, basic("alice", password));
      return performance.now() - begin;
    };
    for (const password of [PASSWORD, "wrong"]) {
      const first = await timed(password);
      const rest = [await timed(password), await timed(password), await timed(password)];
      expect(Math.min(...rest)).toBeLessThan(first / 3);
    }
  });

  test("answers known users at once while many passwords are guessed, and refuses some guesses with 429", async () => {
    const { url } = await serve(
      `basic_auth_users: { alice: "${bcrypt.hashSync(PASSWORD, 9)}" }`,
      systemClock,
    );
    expect(await statusOf(url, basic("alice", PASSWORD))).toBe(200);
    const guesses = Array.from({ length: 60 }, (_, i) => statusOf(url, basic("alice", `guess ${i}`)));
    const begin = performance.now();
    expect(await statusOf(url, basic("alice", PASSWORD))).toBe(200);
    const known = performance.now() - begin;
    const answers = await Promise.all(guesses);
    expect(known).toBeLessThan(performance.now() - begin);
    expect(new Set(answers)).toEqual(new Set([401, 429]));
  });

  test("reloads its file, and keeps the last valid one", async () => {
    const clock = manualClock();
    const { url, folder, logged } = await serve(`basic_auth_users: { alice: ${HASH} }`, clock);
    await folder.write("web.yml", `basic_auth_users: { bob: ${HASH} }`);
    expect(await statusOf(url, basic("alice", PASSWORD))).toBe(200);
    await advanceAndWait(clock, seconds(5));
    expect(await statusOf(url, basic("alice", PASSWORD))).toBe(401);
    expect(await statusOf(url, basic("bob", PASSWORD))).toBe(200);
    await folder.write("web.yml", "basic_auth_users: { bob: clear }");
    await advanceAndWait(clock, seconds(5));
    await rm(`${folder.path}/web.yml`);
    for (let i = 0; i < 12; i += 1) await advanceAndWait(clock, seconds(5));
    expect(await statusOf(url, basic("bob", PASSWORD))).toBe(200);
    expect(logged).toEqual([
      "web configuration reloaded",
      "the new web configuration cannot be used; the old one stays",
      "the new web configuration cannot be used; the old one stays",
    ]);
  });
});

test("sets the headers on every answer, including 401", async () => {
  const { url } = await serve(
    `{ http_server_config: { headers: { X-Frame-Options: deny } }, basic_auth_users: { alice: ${HASH} } }`,
    manualClock(),
  );
  for (const init of [basic("alice", PASSWORD), {}])
    expect((await fetch(url, init)).headers.get("x-frame-options")).toBe("deny");
});

test("the rate limit admits a burst, then one request per interval", async () => {
  const clock = manualClock();
  const { url } = await serve("rate_limit: { interval: 10s, burst: 2 }", clock);
  const statuses = async (count: number): Promise<number[]> => {
    const seen: number[] = [];
    for (let i = 0; i < count; i += 1) seen.push(await statusOf(url));
    return seen;
  };
  expect(await statuses(3)).toEqual([200, 200, 429]);
  clock.advance(seconds(10));
  expect(await statuses(2)).toEqual([200, 429]);
  clock.advance(seconds(1000));
  expect(await statuses(3)).toEqual([200, 200, 429]);
});

/** Sends a request; resolves to its status, or to the code of its error. */
const ask = (port: number, options: RequestOptions): Promise<number | string> =>
  new Promise((resolve) => {
    const asking = request(
      { port, host: "127.0.0.1", ca: server.cert, agent: false, ...options },
      (response) => {
        response.resume().on("end", () => resolve(response.statusCode ?? 0));
      },
    );
    asking.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    asking.end();
  });

const TLS_FILES = { "server.crt": server.cert, "server.key": server.key, "clients.crt": authority.cert };
const tls = (more = ""): string =>
  `tls_server_config: { cert_file: server.crt, key_file: server.key${more} }`;

describe("HTTPS", () => {
  test("reloads certificates without a restart, and waits while only half of a pair is replaced", async () => {
    const clock = manualClock();
    const { port, folder, url } = await serve(tls(), clock, TLS_FILES);
    expect(url).toMatch(/^https:/);
    expect(await ask(port, {})).toBe(200);
    const next = makeCertificate({ names: ["IP:127.0.0.1"] });
    await folder.write("server.crt", next.cert);
    await advanceAndWait(clock, seconds(5));
    expect(await ask(port, {})).toBe(200);
    await folder.write("server.key", next.key);
    await advanceAndWait(clock, seconds(5));
    expect(await ask(port, {})).toBe("DEPTH_ZERO_SELF_SIGNED_CERT");
    expect(await ask(port, { ca: next.cert })).toBe(200);
  });

  test("accepts only the configured TLS versions", async () => {
    const { port } = await serve(tls(", min_version: TLS13"), manualClock(), TLS_FILES);
    expect(await ask(port, { maxVersion: "TLSv1.2" })).not.toBe(200);
    expect(await ask(port, { minVersion: "TLSv1.3" })).toBe(200);
  });

  test("ignores a reload that turns HTTPS off or changes client_auth_type", async () => {
    const clock = manualClock();
    const { port, folder, logged } = await serve(tls(), clock, TLS_FILES);
    for (const yaml of ["", tls(", client_auth_type: RequireAnyClientCert")]) {
      await folder.write("web.yml", yaml);
      await advanceAndWait(clock, seconds(5));
    }
    expect(await ask(port, {})).toBe(200);
    expect(logged).toContain("turning HTTPS off requires a restart");
    expect(logged).toContain("changing client_auth_type requires a restart");
  });
});

const client = (names: readonly string[], issuer?: TestCertificate & { subjectDer: Buffer }) =>
  makeCertificate({ subject: [["CN", "client"]], names, ...(issuer === undefined ? {} : { issuer }) });
const known = client(["DNS:prometheus.example.com", "IP:10.0.0.1"], authority);
const stranger = client(["DNS:prometheus.example.com"]);

describe("client certificates", () => {
  test.each([
    ["NoClientCert", "", { none: true, known: true, stranger: true }],
    ["RequestClientCert", "", { none: true, known: true, stranger: true }],
    ["RequireAnyClientCert", "", { none: false, known: true, stranger: true }],
    ["RequireClientCert", "", { none: false, known: true, stranger: true }],
    [
      "VerifyClientCertIfGiven",
      ", client_ca_file: clients.crt",
      { none: true, known: true, stranger: false },
    ],
    [
      "RequireAndVerifyClientCert",
      ", client_ca_file: clients.crt",
      { none: false, known: true, stranger: false },
    ],
    [
      "RequireAndVerifyClientCert",
      ", client_ca_file: clients.crt, client_allowed_sans: [10.0.0.1]",
      { none: false, known: true, stranger: false },
    ],
    [
      "RequireAndVerifyClientCert",
      ", client_ca_file: clients.crt, client_allowed_sans: [example.com]",
      { none: false, known: false, stranger: false },
    ],
  ])("%s%s", async (type, more, accepted) => {
    const { port } = await serve(tls(`, client_auth_type: ${type}${more}`), manualClock(), TLS_FILES);
    const answers = {
      none: await ask(port, {}),
      known: await ask(port, { cert: known.cert, key: known.key }),
      stranger: await ask(port, { cert: stranger.cert, key: stranger.key }),
    };
    expect(Object.fromEntries(Object.entries(answers).map(([who, got]) => [who, got === 200]))).toEqual(
      accepted,
    );
  });
});

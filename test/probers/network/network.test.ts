import { X509Certificate } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer as createTlsServer } from "node:tls";
import got from "got";
import { describe, expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../../src/core/clock.ts";
import { ForbiddenAddressError, type Network, type TlsOptions } from "../../../src/core/network.ts";
import { type NetworkModule, openNetwork } from "../../../src/probers/network/network.ts";
import { ownLookup, type SystemLookup } from "../../../src/probers/network/resolve.ts";
import { makeCertificate } from "../../helpers/certificates.ts";
import { serveHttp, serveHttps, serveServer, serveTcp, type TestServer } from "../../helpers/http-targets.ts";
import { serveConduct } from "../../helpers/line-servers.ts";
import { heldProber } from "../../helpers/stand-in-prober.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";

interface Settings {
  readonly allowedTargets?: readonly string[];
  readonly configuredOnly?: boolean;
  readonly configured?: boolean;
  readonly signal?: AbortSignal;
  readonly resolver?: SystemLookup;
}

function networkFor(settings: Settings = {}): Network {
  const { allowedTargets, configuredOnly = false, configured = false } = settings;
  const { signal = AbortSignal.timeout(10_000), resolver = ownLookup } = settings;
  const prober = { ...heldProber().prober, configuredOnly: () => configuredOnly };
  const module: NetworkModule = {
    prober,
    options: {},
    ...(allowedTargets === undefined ? {} : { allowedTargets }),
  };
  return openNetwork(module, { address: "unused", configured }, signal, systemClock, resolver);
}

/** A resolver that gives each name the next of its lists of addresses, and repeats the last. */
function resolverOf(names: Readonly<Record<string, readonly (readonly string[])[]>>): SystemLookup {
  const calls = new Map<string, number>();
  return (host, _options, done) => {
    const call = calls.get(host) ?? 0;
    calls.set(host, call + 1);
    const addresses = names[host]?.[call] ?? names[host]?.at(-1);
    if (addresses === undefined) {
      const error = Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: "ENOTFOUND" });
      return process.nextTick(done, error, []);
    }
    const found = addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
    process.nextTick(done, null, found);
  };
}

/** Serves connections and counts them. */
async function serveCounted(): Promise<TestServer & { readonly count: () => number }> {
  let connections = 0;
  const server = await serveTcp((socket) => {
    connections += 1;
    socket.resume();
  });
  return { ...server, [Symbol.asyncDispose]: server[Symbol.asyncDispose], count: () => connections };
}

/** `ok`, or the reason. */
const verdictOf = (
  result: { readonly ok: true } | { readonly ok: false; readonly reason: string },
): string => (result.ok ? "ok" : result.reason);

describe("resolution", () => {
  test("returns the permitted addresses in the resolver's order, and a lookup function for them", async () => {
    const resolver = resolverOf({ "a.example": [["192.0.2.1", "169.254.169.254", "2001:db8::1"]] });
    const found = await networkFor({ resolver }).resolve({ host: "a.example", port: 80 });
    if (!found.ok) throw new Error(found.detail);
    expect(found.addresses).toEqual(["192.0.2.1", "2001:db8::1"]);
    const seen: unknown[] = [];
    const note = (error: unknown, ...found: unknown[]): void => void seen.push(error ?? found);
    found.lookup("A.example", { all: true }, note);
    found.lookup("a.example", {}, note);
    found.lookup("a.example", { family: 6 }, note);
    found.lookup("b.example", { all: true }, note);
    expect(seen).toEqual([
      [
        [
          { address: "192.0.2.1", family: 4 },
          { address: "2001:db8::1", family: 6 },
        ],
      ],
      ["192.0.2.1", 4],
      ["2001:db8::1", 6],
      new ForbiddenAddressError("b.example is not the host that was checked, a.example"),
    ]);
  });

  test.each([
    [{ preferred: 6, fallback: true }, ["192.0.2.1", "2001:db8::1"], "2001:db8::1", 6],
    [{ preferred: 4, fallback: true }, ["2001:db8::1", "192.0.2.1", "192.0.2.2"], "192.0.2.1", 4],
    [{ preferred: 6, fallback: true }, ["192.0.2.1", "192.0.2.2"], "192.0.2.2", 4],
    [{ preferred: 6, fallback: false }, ["192.0.2.1"], "dns", 0],
    // One address is chosen, then checked: there is no second attempt with another.
    [{ preferred: 6, fallback: true }, ["192.0.2.1", "fe80::1"], "forbidden_target", 6],
  ] as const)("with %o of %o it chooses %s", async (preference, addresses, wanted, protocol) => {
    const network = networkFor({ resolver: resolverOf({ "a.example": [addresses] }) });
    const found = await network.resolve({ host: "a.example", port: 80 }, preference);
    expect(found.ok ? found.addresses.join() : found.reason).toBe(wanted);
    expect(found.resolution.protocol).toBe(protocol);
  });

  test("takes an IPv6 address with or without brackets", async () => {
    for (const host of ["::1", "[::1]"]) {
      const found = await networkFor().resolve({ host, port: 80 });
      expect(found).toMatchObject({ ok: true, addresses: ["::1"] });
    }
  });

  test("fails with dns for an unknown name, an empty one, and a resolver that does not answer in time", async () => {
    const network = networkFor({ resolver: resolverOf({}) });
    expect(verdictOf(await network.resolve({ host: "a.example", port: 80 }))).toBe("dns");
    expect(verdictOf(await network.resolve({ host: "", port: 80 }))).toBe("dns");
    const controller = new AbortController();
    const silent = networkFor({ resolver: () => controller.abort(), signal: controller.signal });
    expect(verdictOf(await silent.resolve({ host: "a.example", port: 80 }))).toBe("dns");
  });

  test("refuses a name that is not in allowed_targets without asking the resolver", async () => {
    let asked = 0;
    const resolver: SystemLookup = (host, options, done) => {
      asked += 1;
      ownLookup(host, options, done);
    };
    const network = networkFor({ resolver, allowedTargets: ["b.example"] });
    expect(verdictOf(await network.resolve({ host: "a.example", port: 80 }))).toBe("forbidden_target");
    expect(network.check({ host: "a.example", port: 80 })).toMatchObject({ reason: "forbidden_target" });
    expect(asked).toBe(0);
  });
});

describe("TCP", () => {
  test("checks the addresses that it is given, and does not resolve again", async () => {
    await using server = await serveCounted();
    const resolver = resolverOf({ "a.example": [["127.0.0.1"], ["127.0.0.2"]] });
    const network = networkFor({ resolver, allowedTargets: ["127.0.0.1"] });
    const to = { host: "a.example", port: server.port };
    const found = await network.resolve(to);
    if (!found.ok) throw new Error(found.detail);
    // A name that changes its address in between changes nothing.
    expect(verdictOf(await network.connect({ ...to, addresses: found.addresses }))).toBe("ok");
    expect(verdictOf(await network.connect({ ...to, addresses: ["127.0.0.2"] }))).toBe("forbidden_target");
    expect(verdictOf(await network.connect(to))).toBe("forbidden_target");
    expect(server.count()).toBe(1);
  });

  test("tries the permitted addresses of a name one after the other", async () => {
    await using server = await serveCounted();
    const resolver = resolverOf({ "a.example": [["127.0.0.9", "169.254.169.254", "127.0.0.1"]] });
    const opened = await networkFor({ resolver }).connect({ host: "a.example", port: server.port });
    expect(verdictOf(opened)).toBe("ok");
    if (opened.ok) expect(opened.socket.remoteAddress).toBe("127.0.0.1");
  });

  test.each([Number.NaN, -1, 1.5, 65_536])("fails with connect for port %d", async (port) => {
    expect(verdictOf(await networkFor().connect({ host: "127.0.0.1", port }))).toBe("connect");
    expect(verdictOf(await networkFor().connectUdp({ host: "127.0.0.1", port }))).toBe("connect");
  });

  test("fails with connect for a UDP socket that the system does not connect", async () => {
    const to = { host: "192.0.2.1", port: 53, localAddress: "127.0.0.1" };
    const opened = await networkFor().connectUdp(to);
    expect(verdictOf(opened)).toBe("connect");
    expect(opened.ok ? "" : opened.detail).toMatch(/^no socket to 192\.0\.2\.1:53: .*(EINVAL|ENETUNREACH)/);
  });

  test("destroys open sockets at the deadline, without an uncaught error", async () => {
    await using server = await serveCounted();
    const controller = new AbortController();
    const opened = await networkFor({ signal: controller.signal }).connect({
      host: "127.0.0.1",
      port: server.port,
    });
    if (!opened.ok) throw new Error(opened.detail);
    controller.abort();
    await once(opened.socket, "close");
    expect(opened.socket.destroyed).toBe(true);
  });
});

describe("configured targets", () => {
  test("need no entry in allowed_targets; what the target leads to does", async () => {
    await using target = await serveCounted();
    await using other = await serveCounted();
    const network = networkFor({ configured: true, allowedTargets: ["192.0.2.1"] });
    const to = (port: number) => ({ host: "127.0.0.1", port });
    expect(verdictOf(await network.connect({ ...to(target.port), redirected: true }))).toBe(
      "forbidden_target",
    );
    expect(verdictOf(await network.connect(to(target.port)))).toBe("ok");
    expect(verdictOf(await network.connect(to(other.port)))).toBe("forbidden_target");
    expect(verdictOf(await network.connect(to(target.port)))).toBe("ok");
    expect([target.count(), other.count()]).toEqual([2, 0]);
  });

  test("are the only ones of a module that sends a credential and has no allowed_targets", async () => {
    await using server = await serveCounted();
    const connect = async (settings: Settings) =>
      verdictOf(
        await networkFor({ configuredOnly: true, ...settings }).connect({
          host: "127.0.0.1",
          port: server.port,
        }),
      );
    expect(await connect({})).toBe("forbidden_target");
    expect(await connect({ configured: true })).toBe("ok");
    expect(await connect({ allowedTargets: ["127.0.0.1"] })).toBe("ok");
    expect(await connect({ allowedTargets: ["127.0.0.2"] })).toBe("forbidden_target");
  });
});

describe("TLS", () => {
  const authority = makeCertificate({ subject: [["CN", "authority"]], authority: true });
  const leaf = makeCertificate({ names: ["IP:127.0.0.1", "DNS:good.example"], issuer: authority });
  const resolver = resolverOf({ "good.example": [["127.0.0.1"]], "bad.example": [["127.0.0.1"]] });

  test.each([
    ["good.example", { ca: authority.cert }, "ok"],
    ["127.0.0.1", { ca: authority.cert }, "ok"],
    ["bad.example", { ca: authority.cert }, "certificate"],
    ["good.example", {}, "certificate"],
    ["bad.example", { rejectUnauthorized: false }, "ok"],
    ["bad.example", { ca: authority.cert, servername: "good.example" }, "ok"],
    ["good.example", { ca: authority.cert, maxVersion: "TLSv1.2" }, "tls"],
  ] as const)("%s with %o: %s", async (host, options, wanted) => {
    const tls = createTlsServer({ ...leaf, minVersion: "TLSv1.3" }, (socket) => socket.resume());
    await using server = await serveServer(tls);
    const opened = await networkFor({ resolver }).connectTls({ host, port: server.port }, options);
    expect(verdictOf(opened)).toBe(wanted);
    if (opened.ok) opened.socket.destroy();
  });

  test("gives up a handshake at the deadline", async () => {
    const controller = new AbortController();
    await using server = await serveTcp((socket) => socket.once("data", () => controller.abort()));
    const network = networkFor({ signal: controller.signal });
    const opened = await network.connectTls({ host: "127.0.0.1", port: server.port });
    expect(verdictOf(opened)).toBe("timeout_connect");
  });
});

test("a UDP socket exchanges datagrams with the destination only", async () => {
  const bound = async () => {
    const socket = createSocket("udp4");
    onTestFinished(() => void socket.close());
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    return socket;
  };
  const [server, stranger] = [await bound(), await bound()];
  const controller = new AbortController();
  const opened = await networkFor({ signal: controller.signal }).connectUdp({
    host: "127.0.0.1",
    port: server.address().port,
  });
  if (!opened.ok) throw new Error(opened.detail);
  const received: string[] = [];
  opened.socket.on("message", (message) => received.push(String(message)));
  server.once("message", (message, { port }) => {
    stranger.send("from a stranger", port, "127.0.0.1", () =>
      server.send(`re: ${message.toString()}`, port, "127.0.0.1"),
    );
  });
  opened.socket.send("question");
  await expect.poll(() => received).toEqual(["re: question"]);
  controller.abort();
  await once(opened.socket, "close");
});

describe("HTTP agents", () => {
  const redirectTo = (location: string) =>
    serveHttp((_, response) => response.writeHead(302, { location, connection: "close" }).end());

  test.each([
    ["an address", (port: number) => `http://127.0.0.2:${port}/`],
    ["a numeric form of it", (port: number) => `http://0x7f.0.0.2:${port}/`],
    ["a name", (port: number) => `http://inside.example:${port}/`],
    ["a metadata address", () => "http://169.254.169.254/"],
    ["https", (port: number) => `https://127.0.0.2:${port}/`],
  ])("refuse a redirect that a library follows to %s", async (_form, location) => {
    let connections = 0;
    await using forbidden = await serveTcp(() => {
      connections += 1;
    });
    await using target = await redirectTo(location(forbidden.port));
    const resolver = resolverOf({ "inside.example": [["127.0.0.1"]] });
    for (const configured of [true, false]) {
      const network = networkFor({ resolver, configured, allowedTargets: [target.host] });
      const url = new URL(`http://${target.host}/`);
      const made = network.agents(url);
      if (!made.ok) throw new Error(made.detail);
      const error: unknown = await got(url, { agent: made.agents, retry: { limit: 0 } }).catch(
        (e: unknown) => e,
      );
      expect(error).toMatchObject({ cause: expect.any(ForbiddenAddressError) as unknown });
    }
    expect(connections).toBe(0);
  });

  test("with a proxy check the name of the target, and leave it to the proxy to resolve", async () => {
    const asked: string[] = [];
    await using proxy = await serveHttp(({ url = "" }, response) => {
      asked.push(url);
      response.writeHead(302, { location: "http://other.example/", connection: "close" }).end();
    });
    const network = networkFor({ resolver: resolverOf({}), allowedTargets: ["a.example"] });
    const settings = { proxy: `http://${proxy.host}` };
    expect(verdictOf(network.agents(new URL("http://other.example/"), settings))).toBe("forbidden_target");
    const url = new URL("http://a.example/");
    const made = network.agents(url, settings);
    if (!made.ok) throw new Error(made.detail);
    const error: unknown = await got(url, { agent: made.agents, retry: { limit: 0 } }).catch(
      (e: unknown) => e,
    );
    expect(error).toMatchObject({ cause: expect.any(ForbiddenAddressError) as unknown });
    expect(asked).toEqual(["http://a.example/"]);
  });
});

describe("HTTP agents that show handshakes", () => {
  const certificate = makeCertificate({ names: ["DNS:llm.example", "IP:127.0.0.1"] });
  const trusting = { ca: certificate.cert };

  test.each<{ name: string; tls: TlsOptions; hook?: () => void; error: RegExp | undefined }>([
    { name: "accept a trusted certificate", tls: trusting, error: undefined },
    { name: "refuse one that is not trusted", tls: {}, error: /not valid: DEPTH_ZERO_SELF_SIGNED_CERT/ },
    {
      name: "refuse one for another name",
      tls: { ...trusting, servername: "other.example" },
      error: /other\.example/,
    },
    {
      name: "refuse what a check of the prober refuses",
      tls: { ...trusting, checkServerIdentity: () => new Error("not this one") },
      error: /not this one/,
    },
    { name: "accept any without verification", tls: { rejectUnauthorized: false }, error: undefined },
    {
      name: "refuse a connection that cannot be inspected",
      tls: trusting,
      hook: () => {
        throw new Error("a strange certificate");
      },
      error: /a strange certificate/,
    },
  ])("$name", async ({ tls, hook, error }) => {
    let requests = 0;
    await using server = await serveHttps(certificate, (_, response) => {
      requests += 1;
      response.end();
    });
    const expiries: (string | undefined)[] = [];
    const url = new URL(`https://127.0.0.1:${server.port}/`);
    const made = networkFor({}).agents(url, {
      tls,
      onHandshake: (_, [leaf]) => {
        expiries.push(leaf?.validTo);
        hook?.();
      },
    });
    if (!made.ok) throw new Error(made.detail);
    const outcome: unknown = await got(url, { agent: made.agents, retry: { limit: 0 } }).then(
      () => undefined,
      (failure: unknown) => failure,
    );
    expect(expiries).toEqual([new X509Certificate(certificate.cert).validTo]);
    expect(requests).toBe(error === undefined ? 1 : 0);
    if (error === undefined) expect(outcome).toBeUndefined();
    else expect(String(outcome)).toMatch(error);
  });
});

test("the unrestricted network connects to any address", async () => {
  await using server = await serveCounted();
  const unrestricted = networkFor({ allowedTargets: [] }).unrestricted();
  expect(verdictOf(await unrestricted.connect({ host: "127.0.0.1", port: server.port }))).toBe("ok");
  expect(unrestricted.check({ host: "169.254.169.254", port: 80 })).toBeUndefined();
});

describe("a Unix socket", () => {
  test("needs a path in allowed_targets if there are any, unless its target is configured", async () => {
    await using folder = await temporaryFolder();
    const path = `${folder.path}/app.sock`;
    await using resources = new AsyncDisposableStack();
    resources.use(await serveConduct((socket) => void socket.end(), { path }));
    const verdict = async (settings: Settings, to = path): Promise<string> => {
      const opened = await networkFor(settings).connectUnix(to);
      if (opened.ok) opened.socket.destroy();
      return verdictOf(opened);
    };
    expect(await verdict({})).toBe("ok");
    expect(await verdict({ allowedTargets: ["127.0.0.1", path] })).toBe("ok");
    expect(await verdict({ allowedTargets: ["127.0.0.1"] })).toBe("forbidden_target");
    expect(await verdict({ configuredOnly: true })).toBe("forbidden_target");
    expect(await verdict({ configuredOnly: true, configured: true })).toBe("ok");
    expect(await verdict({}, "")).toBe("forbidden_target");
    expect(await verdict({}, `${path}\0`)).toBe("forbidden_target");

    // Only the first destination is the configured one.
    const network = networkFor({ allowedTargets: [], configured: true });
    expect(verdictOf(await network.connectUnix(`${folder.path}/other.sock`))).toBe("connect");
    expect(verdictOf(await network.connectUnix(path))).toBe("forbidden_target");
    expect(verdictOf(await network.unrestricted().connectUnix(path))).toBe("ok");
  });

  test("does not keep entries for hosts from working", async () => {
    await using server = await serveTcp((socket) => void socket.end());
    const network = networkFor({ allowedTargets: ["127.0.0.1", "/run/*.sock"] });
    const opened = await network.connect({ host: "127.0.0.1", port: server.port });
    expect(verdictOf(opened)).toBe("ok");
  });
});

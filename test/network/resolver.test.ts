import { lookup } from "node:dns";
import { type AddressInfo, connect, createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import { ordered } from "../../src/network/address-order.ts";
import { createResolver, ResolveError, type ResolverOptions } from "../../src/network/resolver.ts";
import { type DnsReply, startDnsServer } from "../helpers/dns-server.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

const RESOLV_CONF = "nameserver 127.0.0.1\noptions timeout:1 attempts:1 ndots:2\nsearch svc.local local\n";

async function setUp(
  replies: Readonly<Record<string, DnsReply>>,
  more: ResolverOptions & { nsswitchText?: string } = {},
) {
  const resources = new AsyncDisposableStack();
  const folder = resources.use(await temporaryFolder());
  const server = resources.use(await startDnsServer((name) => replies[name] ?? "NXDOMAIN"));
  const { nsswitchText = "hosts: files dns\n", ...options } = more;
  const resolver = createResolver(systemClock, {
    hostsFile: await folder.write(
      "hosts",
      "10.1.1.1 Static.example alias\n::1 ip6\n10.1.1.2 static.example\n",
    ),
    resolvConf: await folder.write("resolv.conf", RESOLV_CONF),
    nsswitch: await folder.write("nsswitch.conf", nsswitchText),
    port: server.port,
    ...options,
  });
  const addresses = async (host: string): Promise<readonly string[]> =>
    (await resolver.resolve(host)).map(({ address }) => address);
  return { resolver, addresses, server, folder, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

const REPLIES: Readonly<Record<string, DnsReply>> = {
  "good.example": ["10.0.0.1", "10.0.0.2"],
  "six.example": ["2001:db8::1"],
  "db.svc.local": ["10.0.0.3"],
  "db.ns.local": ["10.0.0.4"],
  "api.example.com": ["10.0.0.5"],
  "xn--bcher-kva.example": ["10.0.0.6"],
  "broken.example": "SERVFAIL",
  "broken.example.svc.local": ["10.0.0.9"],
  "empty.example": [],
  "hangs.example": "silence",
  "late.example": { after: 200, addresses: ["10.0.0.7"] },
  "under_score.example": ["10.0.0.8"],
};

describe("createResolver", () => {
  it.each([
    { host: "good.example", wanted: ["10.0.0.1", "10.0.0.2"] },
    { host: "GOOD.Example", wanted: ["10.0.0.1", "10.0.0.2"] },
    { host: "good.example.", wanted: ["10.0.0.1", "10.0.0.2"] },
    { host: "six.example", wanted: ["2001:db8::1"] },
    { host: "db", wanted: ["10.0.0.3"] },
    { host: "db.ns", wanted: ["10.0.0.4"] },
    { host: "api.example.com", wanted: ["10.0.0.5"] },
    { host: "bücher.example", wanted: ["10.0.0.6"] },
    { host: "under_score.example", wanted: ["10.0.0.8"] },
    { host: "late.example", wanted: ["10.0.0.7"] },
    { host: "static.example", wanted: ["10.1.1.1", "10.1.1.2"] },
    { host: "ALIAS", wanted: ["10.1.1.1"] },
    { host: "ip6", wanted: ["::1"] },
    {
      host: "localhost",
      wanted: ordered([
        { address: "127.0.0.1", family: 4 },
        { address: "::1", family: 6 },
      ]).map(({ address }) => address),
    },
    { host: "10.9.9.9", wanted: ["10.9.9.9"] },
    { host: "::ffff:10.9.9.9", wanted: ["::ffff:10.9.9.9"] },
    { host: "2852039166", wanted: ["169.254.169.254"] },
    { host: "0xa9.0xfe.43518", wanted: ["169.254.169.254"] },
  ])("resolves $host to $wanted", async ({ host, wanted }) => {
    await using world = await setUp(REPLIES);
    expect(await world.addresses(host)).toEqual(wanted);
  });

  it.each([
    { host: "missing.example", code: "ENOTFOUND" },
    { host: "empty.example", code: "ENOTFOUND" },
    { host: "no such name", code: "ENOTFOUND" },
    { host: `${"a".repeat(64)}.example`, code: "ENOTFOUND" },
    { host: "", code: "ENOTFOUND" },
    { host: "hangs.example.", code: "EAI_AGAIN" },
  ])("fails for '$host' with $code", async ({ host, code }) => {
    await using world = await setUp(REPLIES);
    const failure = await world.addresses(host).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ResolveError);
    expect(failure).toMatchObject({ code });
  });

  it("goes on with the search domains after a server's failure, and says the failure if nothing is found", async () => {
    await using world = await setUp(REPLIES);
    expect(await world.addresses("broken.example")).toEqual(["10.0.0.9"]);
    await expect(world.addresses("broken.example.")).rejects.toMatchObject({ code: "EAI_AGAIN" });
  });

  it("asks nothing of the servers about names of the hosts file and addresses", async () => {
    await using world = await setUp(REPLIES);
    await Promise.all(["static.example", "localhost", "10.0.0.1", "::1"].map(world.addresses));
    expect(world.server.questions).toEqual([]);
  });

  it("asks again each time: nothing is cached", async () => {
    await using world = await setUp(REPLIES);
    await world.addresses("good.example.");
    await world.addresses("good.example.");
    expect(world.server.questions.filter((question) => question === "good.example A")).toHaveLength(2);
  });

  it("sees changes of its files", async () => {
    await using world = await setUp(REPLIES);
    await expect(world.addresses("new.example")).rejects.toMatchObject({ code: "ENOTFOUND" });
    await world.folder.write("hosts", "10.7.7.7 new.example\n");
    await expect
      .poll(() => world.addresses("new.example").catch(() => []), { timeout: 10_000 })
      .toEqual(["10.7.7.7"]);
  });

  it("asks the C library for unknown names where there are other sources, and only there", async () => {
    const system = async (): Promise<{ address: string; family: number }[]> => [
      { address: "10.5.5.5", family: 4 },
    ];
    await using mdns = await setUp(REPLIES, {
      system,
      nsswitchText: "hosts: files mdns4_minimal [NOTFOUND=return] dns\n",
    });
    expect(await mdns.addresses("printer.local")).toEqual(["10.5.5.5"]);
    await using plain = await setUp(REPLIES, { system });
    await expect(plain.addresses("printer.local")).rejects.toMatchObject({ code: "ENOTFOUND" });
  });

  it("resolves 500 names while 200 hang, where dns.lookup stands still", async () => {
    await using world = await setUp({}, {});
    await using busy = await startDnsServer((name) => (name.startsWith("hang") ? "silence" : ["10.0.0.1"]));
    const resolver = createResolver(systemClock, {
      hostsFile: await world.folder.write("none", ""),
      resolvConf: await world.folder.write(
        "busy.conf",
        "nameserver 127.0.0.1\noptions timeout:5 attempts:2\n",
      ),
      nsswitch: await world.folder.write("plain.conf", "hosts: files dns\n"),
      port: busy.port,
    });
    const ended: string[] = [];
    const ask = (name: string): Promise<void> =>
      resolver.resolve(name).then(
        () => void ended.push(name),
        () => void ended.push(name),
      );
    const hanging = Array.from({ length: 200 }, (_, i) => ask(`hang${i}.example`));
    await Promise.all(Array.from({ length: 500 }, (_, i) => ask(`good${i}.example`)));
    // Not by a clock: none of those that hang has ended before the last of the good ones.
    expect(ended.filter((name) => name.startsWith("hang"))).toEqual([]);
    expect(ended).toHaveLength(500);
    void hanging;
  });

  it("serves net.connect as its lookup", async () => {
    await using world = await setUp({ "here.example": ["127.0.0.1"] });
    const server = createServer((socket) => socket.end("hello")).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    const text = await new Promise((resolve, reject) => {
      const socket = connect({ host: "here.example", port, lookup: world.resolver.lookup });
      socket.setEncoding("utf8").once("data", resolve).once("error", reject);
    });
    expect(text).toBe("hello");
    server.close();
    const code = await new Promise((resolve) =>
      connect({ host: "missing.example", port, lookup: world.resolver.lookup }).once("error", (error) =>
        resolve("code" in error ? error.code : undefined),
      ),
    );
    expect(code).toBe("ENOTFOUND");
  });

  it("agrees with the C library about this machine's own hosts file", async () => {
    const resolver = createResolver(systemClock);
    const system = await new Promise<string[]>((resolve, reject) =>
      lookup("localhost", { all: true }, (error, found) =>
        error === null ? resolve(found.map(({ address }) => address)) : reject(error),
      ),
    );
    const own = (await resolver.resolve("localhost")).map(({ address }) => address);
    expect(own).toEqual(expect.arrayContaining(system));
  });
});

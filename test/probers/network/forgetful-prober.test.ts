import { get } from "node:http";
import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { systemClock } from "../../../src/core/clock.ts";
import { createMemory } from "../../../src/core/memory.ts";
import { type Network, networkFailure } from "../../../src/core/network.ts";
import {
  failed,
  type Outcome,
  type ProbeContext,
  type ProbeResult,
  type Prober,
  type ProbeTarget,
  succeeded,
} from "../../../src/core/prober.ts";
import { seconds } from "../../../src/core/units.ts";
import { createEngine } from "../../../src/engine/engine.ts";
import { requestForAddress } from "../../../src/engine/probe-request.ts";
import { openNetwork } from "../../../src/probers/network/network.ts";
import { ownLookup, type SystemLookup } from "../../../src/probers/network/resolve.ts";
import { serveTcp } from "../../helpers/http-targets.ts";
import { moduleOf } from "../../helpers/stand-in-prober.ts";

// Probers as CONTRIBUTING describes them, by authors who never think of forbidden addresses: they take the address apart
// and connect. Each one opens its connection in another way that the network offers.

/** Splits `host:port` at the last colon. */
function endOf(address: string): { host: string; port: number } {
  const [, host = "", port = ""] = /^(.*):(\d+)$/.exec(address) ?? [];
  return { host, port: Number(port) };
}

type Connect = (address: string, network: Network, context: ProbeContext) => Promise<Outcome>;

const ways: Readonly<Record<string, Connect>> = {
  async tcp(address, network) {
    const opened = await network.connect(endOf(address));
    return opened.ok ? succeeded : opened;
  },
  async tls(address, network) {
    const opened = await network.connectTls(endOf(address), { rejectUnauthorized: false });
    return opened.ok ? succeeded : opened;
  },
  async udp(address, network) {
    const opened = await network.connectUdp(endOf(address));
    if (!opened.ok) return opened;
    opened.socket.close();
    return succeeded;
  },
  async "a library that resolves by itself"(address, network) {
    const to = endOf(address);
    const found = await network.resolve(to);
    if (!found.ok) return networkFailure(found.reason, found.detail);
    return new Promise((resolve) => {
      const socket = connect({ ...to, lookup: found.lookup });
      socket
        .once("connect", () => resolve(succeeded))
        .once("error", (error) => resolve(failed("connect", error.message)));
    });
  },
  async "a library that speaks HTTP"(address, network) {
    const url = URL.parse(`http://${address}/`);
    if (url === null) return failed("bad_request", "the target is not host:port");
    const made = network.agents(url);
    if (!made.ok) return made;
    return new Promise((resolve) => {
      get(url, { agent: made.agents.http }, () => resolve(succeeded)).once("error", ({ name, message }) =>
        resolve(failed(name === "ForbiddenAddressError" ? "forbidden_target" : "connect", message)),
      );
    });
  },
};

function proberThat(connects: Connect): Prober {
  return {
    kind: "forgetful",
    metrics: [],
    reasons: ["forbidden_target", "connect", "dns", "tls"],
    schema: {},
    costly: false,
    compile: () => ({}),
    async probe({ address }: ProbeTarget, _module, context: ProbeContext): Promise<ProbeResult> {
      return { outcome: await connects(address, context.network, context), samples: [] };
    },
  };
}

interface Settings {
  readonly allowedTargets?: readonly string[];
  readonly configured?: boolean;
  /** Names that resolve to these addresses; others are the operating system's to resolve. */
  readonly names?: Readonly<Record<string, readonly string[]>>;
}

/** Probes `address` once through an engine, and returns `success` or the reason of the failure. */
async function verdictOn(address: string, connects: Connect, settings: Settings = {}): Promise<string> {
  const { names = {}, configured = false, ...module } = settings;
  const resolver: SystemLookup = (host, options, done) => {
    const addresses = names[host];
    if (addresses === undefined) return ownLookup(host, options, done);
    process.nextTick(
      done,
      null,
      addresses.map((ip) => ({ address: ip, family: ip.includes(":") ? 6 : 4 })),
    );
  };
  const engine = createEngine({
    clock: systemClock,
    memory: createMemory(),
    limits: { maxConcurrentProbes: 10 },
    network: (...probe) => openNetwork(...probe, resolver),
    onResult: () => {},
    onBug: (_module, _target, error) => {
      throw error;
    },
  });
  const request = requestForAddress({ address, configured }, moduleOf(proberThat(connects), module));
  const response = await engine.probe(request, { timeout: seconds(10) });
  await engine.shutdown();
  if (response.kind !== "result") throw new Error(`the probe ended as ${response.kind}`);
  const { outcome } = response.result;
  return outcome.ok ? "success" : outcome.reason;
}

describe.each(Object.entries(ways))(
  "a prober that never thinks of forbidden addresses: %s",
  (_way, connects) => {
    test.each([
      ["dotted", "169.254.169.254:80"],
      ["one decimal number", "2852039166:80"],
      ["hexadecimal parts", "0xa9.0xfe.0xa9.0xfe:80"],
      ["octal parts", "0251.0376.0251.0376:80"],
      ["three parts", "169.254.43518:80"],
      ["IPv4-mapped", "[::ffff:169.254.169.254]:80"],
      ["IPv4-mapped, hexadecimal", "[::ffff:a9fe:a9fe]:80"],
      ["link-local IPv6", "[fe80::1]:80"],
      ["AWS over IPv6", "[fd00:ec2::254]:80"],
      ["a name", "metadata.example:80"],
      ["a name with one permitted address less", "mixed.example:80"],
    ])("refuses a metadata address: %s", async (_form, address) => {
      const names = {
        "metadata.example": ["169.254.169.254"],
        "mixed.example": ["fe80::1", "169.254.169.254", "100.100.100.200"],
      };
      for (const configured of [true, false])
        expect(await verdictOn(address, connects, { names, configured })).toBe("forbidden_target");
    });

    test("sends nothing to an address that is refused, in whatever form it is written", async () => {
      let connections = 0;
      await using server = await serveTcp((socket) => {
        connections += 1;
        socket.end();
      });
      const names = { "inside.example": ["127.0.0.1"] };
      const allowedTargets = ["192.0.2.1", "*.example.org"];
      for (const host of [
        "127.0.0.1",
        "2130706433",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "127.1",
        "[::ffff:127.0.0.1]",
        "localhost",
        "inside.example",
      ]) {
        const address = `${host}:${server.port}`;
        expect([host, await verdictOn(address, connects, { allowedTargets, names })]).toEqual([
          host,
          "forbidden_target",
        ]);
      }
      expect(connections).toBe(0);
    });
  },
);

test.each(["tcp", "a library that resolves by itself"])("%s connects to a permitted address", async (way) => {
  let connections = 0;
  await using server = await serveTcp((socket) => {
    connections += 1;
    socket.end();
  });
  const connects = ways[way] as Connect;
  const names = { "inside.example": ["169.254.169.254", "127.0.0.1"] };
  const open = async (host: string, settings: Settings) =>
    verdictOn(`${host}:${server.port}`, connects, { names, ...settings });
  expect(await open("127.0.0.1", {})).toBe("success");
  expect(await open("127.0.0.1", { allowedTargets: ["127.0.0.0/8"] })).toBe("success");
  expect(await open("127.0.0.1", { allowedTargets: [], configured: true })).toBe("success");
  expect(await open("inside.example", { allowedTargets: ["inside.example"] })).toBe("success");
  expect(connections).toBe(4);
});

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startExporter } from "../../helpers/exporter.ts";
import { parseExposition } from "../../helpers/exposition.ts";
import { LOSE_ONE, type NetworkLab, startNetworkLab } from "../../helpers/network-lab.ts";
import { newestPing, type PingFolder, scriptedPing } from "./probe.ts";

const YAML = `
modules:
  icmp: { prober: icmp, timeout: 2500ms }
  once: { prober: icmp, timeout: 2500ms, icmp: { resend: false } }
  ttl: { prober: icmp, timeout: 2500ms, icmp: { ttl: 1 } }
  link: { prober: icmp, timeout: 2500ms, icmp: { allowed_targets: ["fe80::/10"] } }
  large: { prober: icmp, timeout: 2500ms, icmp: { payload_size: 1400 } }
  whole: { prober: icmp, timeout: 2500ms, icmp: { payload_size: 1400, dont_fragment: true } }
  larger: { prober: icmp, timeout: 2500ms, icmp: { payload_size: 1473, dont_fragment: true } }
  fits: { prober: icmp, timeout: 2500ms, icmp: { payload_size: 1472, dont_fragment: true } }
  source: { prober: icmp, timeout: 2500ms, icmp: { source_ip_address: 10.1.0.5 } }
  foreign: { prober: icmp, timeout: 2500ms, icmp: { source_ip_address: 10.2.0.2 } }
  other: { prober: icmp, timeout: 2500ms, icmp: { source_ip_address: "fd01::1" } }
`;

/** A probe of an exporter in the lab. */
interface Probed {
  /** `success`, or the reason and the detail of the failure. */
  readonly verdict: string;
  /** Returns the value of a series by its name and the values of its labels. */
  readonly value: (series: string) => number | undefined;
}

async function probe(url: string, module: string, target: string): Promise<Probed> {
  const query = new URLSearchParams({ module, target, debug: "true" });
  const text = await (await fetch(`${url}/probe?${query}`)).text();
  const failed = /^probe failed \((\w+)\): (.*)$/m.exec(text);
  const [, exposition = ""] = /would have been returned:\n([^]*?)\n\n/.exec(text) ?? [];
  const values = new Map(
    parseExposition(exposition).series.map(({ name, labels, value }) => [
      [name, ...Object.values(labels)].join(" "),
      value,
    ]),
  );
  return {
    verdict: failed === null ? "success" : `${failed[1]}: ${failed[2]}`,
    value: (series) => values.get(series),
  };
}

let lab: NetworkLab;
let newest: PingFolder;
beforeAll(async () => {
  lab = await startNetworkLab();
  newest = await newestPing();
});
afterAll(async () => {
  await newest[Symbol.asyncDispose]();
  await lab[Symbol.asyncDispose]();
});

/** Starts an exporter in the lab whose `ping` is found in these folders. */
async function startInLab(path: string): Promise<AsyncDisposable & { readonly url: string }> {
  const exporter = await startExporter({ yaml: YAML, command: lab.on.probing, env: { PATH: path } });
  return { url: await lab.reach(exporter.url), [Symbol.asyncDispose]: () => exporter[Symbol.asyncDispose]() };
}

const installed = process.env["PATH"] ?? "";

describe.each(["installed", "newest"])("with the %s ping", (version) => {
  let exporter: Awaited<ReturnType<typeof startInLab>>;
  beforeAll(async () => {
    exporter = await startInLab(version === "newest" ? newest.searchPath : installed);
    return () => exporter[Symbol.asyncDispose]();
  });

  test.concurrent.each([
    ["icmp", "10.2.0.2", "success"],
    ["icmp", "fd02::2", "success"],
    ["icmp", "both.lab", "success"],
    ["source", "10.2.0.2", "success"],
    ["icmp", "10.4.0.1", "connect: 10.4.0.1: Destination Host Unreachable (from 10.1.0.2)"],
    ["icmp", "fd04::1", "connect: fd04::1: Destination unreachable: No route (from fd01::2)"],
    ["icmp", "10.5.0.1", "connect: 10.5.0.1: Packet filtered (from 10.1.0.2)"],
    [
      "icmp",
      "fd05::1",
      "connect: fd05::1: Destination unreachable: Administratively prohibited (from fd01::2)",
    ],
    ["ttl", "10.2.0.2", "connect: 10.2.0.2: Time to live exceeded (from 10.1.0.2)"],
    ["ttl", "fd02::2", "connect: fd02::2: Time exceeded: Hop limit (from fd01::2)"],
    ["icmp", "203.0.113.1", "connect: 203.0.113.1: connect: Network is unreachable (on this machine)"],
    ["icmp", "2001:db8::1", "connect: 2001:db8::1: connect: Network is unreachable (on this machine)"],
    [
      "icmp",
      "10.1.0.255",
      "connect: 10.1.0.255: Do you want to ping broadcast? Then -b. If not, check your local firewall rules (on this machine)",
    ],
    ["foreign", "10.2.0.2", "connect: 10.2.0.2: bind: Cannot assign requested address (on this machine)"],
    ["other", "10.2.0.2", "connect: source_ip_address fd01::1 is not an IPv4 address, as 10.2.0.2 is"],
    ["icmp", "10.3.0.1", "timeout: no reply to N echo requests"],
    ["icmp", "fd03::1", "timeout: no reply to N echo requests"],
    ["once", "10.3.0.1", "timeout: no reply to the echo request"],
    ["icmp", "0.0.0.0", "malformed: the reply came from 127.0.0.1 instead of 0.0.0.0"],
    ["icmp", "169.254.1.1", "forbidden_target: 169.254.1.1 is a link-local or metadata address"],
  ])("%s of %s: %s", async (module, target, expected) => {
    const { verdict } = await probe(exporter.url, module, target);
    // One each second, as long as the probe may take.
    expect(verdict.replace(/\b[3-9] echo/, "N echo")).toBe(expected);
  });

  test("a packet above the MTU of the path", async () => {
    await lab.sh("probing", "ip route flush cache; ip -6 route flush cache");
    const [large, large6, whole, larger] = await Promise.all([
      probe(exporter.url, "large", "10.2.0.3"),
      probe(exporter.url, "large", "fd02::3"),
      probe(exporter.url, "whole", "10.2.0.4"),
      probe(exporter.url, "larger", "10.1.0.2"),
    ]);
    expect([large.verdict, large6.verdict]).toEqual(["success", "success"]);
    expect(whole.verdict).toBe(
      "too_large: a packet with 1400 bytes of payload is too large: Frag needed and DF set (mtu = 1280) (from 10.1.0.2)",
    );
    // The kernel has learned it.
    expect((await probe(exporter.url, "whole", "10.2.0.4")).verdict).toMatch(
      /^too_large: a packet with 1400 bytes of payload is too large: .*message too long.*\(on this machine\)$/i,
    );
    expect(larger.verdict).toMatch(
      /^too_large: a packet with 1473 bytes of payload is too large: .*message too long.*\(on this machine\)$/i,
    );
  });

  test("a link-local address with its zone", async () => {
    const shown = await lab.sh("router", "ip -6 -o address show dev near scope link");
    const [address = ""] = /fe80::[0-9a-f:]+/.exec(shown) ?? [];
    expect((await probe(exporter.url, "icmp", `${address}%near`)).verdict).toMatch(/^forbidden_target: /);
    const result = await probe(exporter.url, "link", `${address}%near`);
    expect([result.verdict, result.value("probe_icmp_reply_hop_limit")]).toEqual(["success", 64]);
  });

  test("one lost packet fails no probe, and is counted in requests and duration", async () => {
    await lab.sh("target", LOSE_ONE);
    const result = await probe(exporter.url, "icmp", "10.2.0.2");
    expect(result.verdict).toBe("success");
    expect(result.value("probe_icmp_requests")).toBeGreaterThanOrEqual(2);
    expect(result.value("probe_icmp_duration_seconds rtt")).toBeLessThan(0.5);
    expect(result.value("probe_duration_seconds")).toBeGreaterThanOrEqual(1);
    await lab.sh("target", LOSE_ONE);
    const once = await probe(exporter.url, "once", "10.2.0.2");
    expect([once.verdict, once.value("probe_icmp_requests")]).toEqual([
      "timeout: no reply to the echo request",
      1,
    ]);
  });
});

describe("without privileges", () => {
  const unprivileged = async (): Promise<PingFolder> => {
    // A copy has no capabilities of its own.
    const folder = await scriptedPing(
      'exec setpriv --bounding-set=-all --inh-caps=-all -- "${0%/*}/copy" "$@"',
    );
    await lab.sh("probing", `cp "$(command -v ping)" '${folder.path}/copy'`);
    return folder;
  };
  const allow = (groups: string): Promise<string> =>
    lab.sh("probing", `echo '${groups}' > /proc/sys/net/ipv4/ping_group_range`);

  test("and without an allowed group, the text says what to do", async () => {
    await using folder = await unprivileged();
    await allow("1 0");
    await using exporter = await startInLab(folder.searchPath);
    for (const target of ["10.2.0.2", "fd02::2"]) {
      const { verdict } = await probe(exporter.url, "icmp", target);
      expect(verdict).toMatch(
        /^prober_unavailable: ping may not send ICMP packets \(socket: Operation not permitted\)/,
      );
      expect(verdict).toMatch(
        /net\.ipv4\.ping_group_range='0 2147483647'.*setcap cap_net_raw\+p.*--cap-add=NET_RAW/,
      );
    }
  });

  test("but with an allowed group, everything works", async () => {
    await using folder = await unprivileged();
    await allow("0 0");
    await using exporter = await startInLab(folder.searchPath);
    const verdict = async (module: string, target: string): Promise<string> =>
      (await probe(exporter.url, module, target)).verdict;
    for (const target of ["10.2.0.2", "fd02::2", "127.0.0.1", "::1"])
      expect([target, await verdict("icmp", target)]).toEqual([target, "success"]);
    expect(await verdict("source", "10.2.0.2")).toBe("success");
    expect(await verdict("ttl", "10.2.0.2")).toBe("connect: 10.2.0.2: Time to live exceeded (from 10.1.0.2)");
    expect(await verdict("fits", "10.1.0.2")).toBe("success");
    expect(await verdict("larger", "10.1.0.2")).toMatch(/^too_large: /);
    await allow("1 0");
  });
});

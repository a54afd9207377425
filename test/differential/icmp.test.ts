import { beforeAll, describe, expect, test } from "vitest";
import { type NetworkLab, startNetworkLab } from "../helpers/network-lab.ts";
import { icmpCases, lossyIcmpCases } from "./cases/icmp.ts";
import { expectationOf, type KindCase, type KindExporters, startKinds } from "./kinds.ts";

let exporters: KindExporters<NetworkLab>;
beforeAll(async () => {
  await using resources = new AsyncDisposableStack();
  const lab = resources.use(await startNetworkLab());
  const { on, reach } = lab;
  const cases = [...icmpCases, ...lossyIcmpCases];
  exporters = resources.use(await startKinds(cases, lab, { command: on.probing, reach }));
  // The first probe starts the process that starts ping, for which the timeouts of the cases are too short on a busy machine.
  for (const each of icmpCases.slice(0, 1)) await exporters.probe("ours", each);
  const owned = resources.move();
  return () => owned.disposeAsync();
});

describe.concurrent("icmp", () => {
  test.each(icmpCases.map((each) => [each.name, each] as const))("%s", async (_name, each) => {
    expect(await exporters.compare(each)).toEqual(expectationOf(each));
  });
});

describe("icmp with losses", () => {
  test.each(lossyIcmpCases.map((each) => [each.name, each] as const))("%s", async (_name, each) => {
    expect(await exporters.compare(each)).toEqual(expectationOf(each));
  });
});

/** Returns the median of the round-trip times of ten probes, in milliseconds. */
async function medianTime(exporter: "theirs" | "ours", each: KindCase<NetworkLab>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 10; i += 1) {
    const { text } = await exporters.probe(exporter, each);
    times.push(Number(/^probe_icmp_duration_seconds\{phase="rtt"\} (\S+)$/m.exec(text)?.[1]) * 1000);
  }
  return times.toSorted((a, b) => a - b)[5] ?? Number.NaN;
}

test.each(["IPv4 on this machine", "IPv6 behind a router"])(
  "the times of both are the same: %s",
  async (name) => {
    const each = icmpCases.find((one) => one.name === name);
    if (each === undefined) throw new Error(`no case ${name}`);
    let difference = Number.POSITIVE_INFINITY;
    // On a busy machine, blackbox_exporter may read each reply late.
    for (let i = 0; i < 5 && !(difference < 1); i += 1)
      difference = Math.abs((await medianTime("theirs", each)) - (await medianTime("ours", each)));
    expect(difference).toBeLessThan(1);
  },
);

import { beforeAll, describe, expect, test } from "vitest";
import { type NetworkLab, startNetworkLab } from "../helpers/network-lab.ts";
import { icmpCases, lossyIcmpCases } from "./cases/icmp.ts";
import { expectationOf, type KindExporters, startKinds } from "./kinds.ts";

let exporters: KindExporters<NetworkLab>;
beforeAll(async () => {
  const lab = await startNetworkLab();
  exporters = await startKinds([...icmpCases, ...lossyIcmpCases], lab, {
    command: lab.on.probing,
    reach: lab.reach,
  });
  return async () => {
    await exporters[Symbol.asyncDispose]();
    await lab[Symbol.asyncDispose]();
  };
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

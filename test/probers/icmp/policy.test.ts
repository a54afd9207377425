import type { LookupAddress } from "node:dns";
import { expect, test } from "vitest";
import type { SystemLookup } from "../../../src/probers/network/resolve.ts";
import { detailOf, verdictOf } from "../http/probe.ts";
import { probe, scriptedPing } from "./probe.ts";

/** Resolves each name to these addresses. */
const resolvingTo =
  (...addresses: string[]): SystemLookup =>
  (_, __, done) =>
    done(
      null,
      addresses.map((address): LookupAddress => ({ address, family: address.includes(":") ? 6 : 4 })),
    );

/** Probes with a `ping` that repeats the address it was given, and returns the verdict, its detail, and that address. */
async function probing(address: string, settings: Parameters<typeof probe>[1]) {
  await using folder = await scriptedPing('for last; do :; done; echo "pinged $last"; exit 1');
  const result = await probe(address, { path: folder.searchPath, ...settings });
  const pinged = /pinged ([^ )]*)/.exec(detailOf(result))?.[1];
  return { verdict: verdictOf(result), detail: detailOf(result), pinged };
}

test.each([
  ["169.254.169.254", {}],
  ["fe80::1%lo", {}],
  ["fd00:ec2::254", {}],
  ["metadata.example", { resolver: resolvingTo("169.254.169.254") }],
  ["::ffff:169.254.169.254", {}],
  ["metadata.example", { resolver: resolvingTo("169.254.169.254"), configured: true }],
  [
    "metadata.example",
    { resolver: resolvingTo("169.254.169.254"), options: { allowed_targets: ["*.example"] } },
  ],
  ["10.0.0.1", { options: { allowed_targets: ["10.0.0.2"] } }],
  ["other.example", { resolver: resolvingTo("10.0.0.1"), options: { allowed_targets: ["one.example"] } }],
  ["fd00::1", { options: { allowed_targets: ["10.0.0.2"] } }],
])("%s with %o is not pinged", async (address, settings) => {
  const { verdict, pinged, detail } = await probing(address, settings);
  expect([verdict, pinged]).toEqual(["forbidden_target", undefined]);
  expect(detail).not.toMatch(/(?::| port )0\b/);
});

test.each([
  ["10.0.0.1", {}, "10.0.0.1"],
  ["::ffff:10.0.0.1", {}, "10.0.0.1"],
  ["169.254.169.254", { options: { allowed_targets: ["169.254.0.0/16"] } }, "169.254.169.254"],
  ["fe80::1%lo", { options: { allowed_targets: ["fe80::/10"] } }, "fe80::1%lo"],
  [
    "one.example",
    { resolver: resolvingTo("10.0.0.1"), options: { allowed_targets: ["*.example"] } },
    "10.0.0.1",
  ],
  [
    "one.example",
    { resolver: resolvingTo("10.0.0.1"), options: { allowed_targets: ["10.0.0.0/8"] } },
    "10.0.0.1",
  ],
  ["one.example", { resolver: resolvingTo("10.0.0.1", "fd00::1") }, "fd00::1"],
  [
    "one.example",
    { resolver: resolvingTo("fd00::1", "10.0.0.1"), options: { preferred_ip_protocol: "ip4" as const } },
    "10.0.0.1",
  ],
])("%s with %o is pinged by the address that was checked", async (address, settings, expected) => {
  expect(await probing(address, settings)).toMatchObject({ verdict: "prober_unavailable", pinged: expected });
});

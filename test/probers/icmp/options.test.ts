import { expect, test } from "vitest";
import { pingArguments } from "../../../src/probers/icmp/arguments.ts";
import { icmpProber } from "../../../src/probers/icmp/prober.ts";
import type { IcmpOptions } from "../../../src/probers/icmp/schema.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";
import { compile, recordedPing } from "./probe.ts";
import { replies, unavailable } from "./recordings.ts";

const argumentsFor = (address: string, options: IcmpOptions = {}): string =>
  pingArguments(address, compile(options).module).join(" ");

test.each<[string, IcmpOptions, string]>([
  ["10.2.0.2", {}, "-n -4 -O -c 1 -w 300 -s 28 -t 64 -- 10.2.0.2"],
  ["fd02::2", {}, "-n -6 -O -c 1 -w 300 -s 28 -t 64 -- fd02::2"],
  ["fe80::2%eth0", {}, "-n -6 -O -c 1 -w 300 -s 28 -t 64 -- fe80::2%eth0"],
  ["10.2.0.2", { payload_size: 0, ttl: 0 }, "-n -4 -O -c 1 -w 300 -s 28 -- 10.2.0.2"],
  [
    "10.2.0.2",
    { payload_size: 1472, dont_fragment: true, ttl: 3 },
    "-n -4 -O -c 1 -w 300 -s 1472 -t 3 -M do -- 10.2.0.2",
  ],
  ["fd02::2", { dont_fragment: true }, "-n -6 -O -c 1 -w 300 -s 28 -t 64 -- fd02::2"],
  ["10.2.0.2", { source_ip_address: "10.1.0.5" }, "-n -4 -O -c 1 -w 300 -s 28 -t 64 -I 10.1.0.5 -- 10.2.0.2"],
  ["10.2.0.2", { source_ip_address: "", resend: false }, "-n -4 -O -c 1 -W 300 -s 28 -t 64 -- 10.2.0.2"],
])("the arguments for %s with %o", (address, options, expected) => {
  expect(argumentsFor(address, options)).toBe(expected);
});

test("an invalid option is a problem", () => {
  expect(
    compile({
      source_ip_address: "eth0",
      allowed_targets: ["10.0.0.0/33", "::1", "one.example:443", "[fd00::1]:7"],
    }).problems,
  ).toEqual([
    "allowed_targets.0: got 10.0.0.0/33, want a host name, *.example.com, an IP address or a CIDR range, optionally with :port",
    "allowed_targets.2: got one.example:443, want no port, because ICMP has none",
    "allowed_targets.3: got [fd00::1]:7, want no port, because ICMP has none",
    "source_ip_address: got eth0, want an IP address",
  ]);
  for (const options of [
    { ttl: -1 },
    { ttl: 256 },
    { payload_size: -1 },
    { payload_size: 65_528 },
    { payload_size: 1.5 },
  ])
    expect(() => compile(options)).toThrow(/^must be/);
});

test.each([
  ["10.2.0.2", true],
  ["fd02::2", true],
  ["fe80::1%eth0", true],
  ["router.example.com", true],
  ["[fd02::2]", false],
  ["router.example.com:80", false],
  ["http://router.example.com", false],
  ["router.example.com/a", false],
  ["a b", false],
  ["127.1", false],
  ["010.0.0.1", false],
  ["127.0.0.1.", false],
  ["0x7f000001", false],
  ["2130706433", false],
  ["host1", true],
  ["10.example", true],
  ["", false],
])("a configured target %s is accepted: %s", (address, accepted) => {
  const { module } = compile();
  const target = { address, configured: true };
  expect(icmpProber.objection(target) === undefined).toBe(accepted);
  expect(icmpProber.objection({ ...target, configured: false })).toBeUndefined();
  expect(module.resend).toBe(true);
});

test("a machine whose ping works has no warning at load", async () => {
  expect(compile().warnings).toEqual([]);
  await using folder = await recordedPing(replies.IPv4);
  expect(compile({}, folder.searchPath).warnings).toEqual([]);
});

test.each(unavailable.filter(([, , { code }]) => code !== 3 && code !== 127))(
  "a machine with %s is warned about at load",
  async (_, advice, recording) => {
    await using folder = await recordedPing(recording);
    const { warnings } = compile({}, folder.searchPath);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(
      /^: no icmp module can probe on this machine \(reason prober_unavailable\): /,
    );
    expect(warnings[0]).toMatch(advice);
  },
);

test("a machine without ping is warned about at load", async () => {
  await using folder = await temporaryFolder();
  expect(compile({}, folder.path).warnings).toEqual([
    expect.stringMatching(/there is no ping in PATH: install .*iputils-ping/),
  ]);
});

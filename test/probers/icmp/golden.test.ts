import { expect, test } from "vitest";
import type { ProbeResult } from "../../../src/core/prober.ts";
import { exposed, verdictOf } from "../http/probe.ts";
import { type ProbeSettings, probe, recordedPing } from "./probe.ts";
import { flawed, type Recording, replies, reports, secondReply, silent, unavailable } from "./recordings.ts";

const TIMES = /^(?:probe_dns_lookup_time_seconds|probe_icmp_duration_seconds\{)/;

/** Formats the series by name. Times are masked unless they are 0, which shows the phases that were not reached. */
function exposition(result: ProbeResult): string {
  const lines = [...exposed(result)].map(
    ([series, value]) => `${series} ${TIMES.test(series) && value > 0 ? "..." : value}`,
  );
  return [`# ${verdictOf(result)}`, ...lines.toSorted(), ""].join("\n");
}

async function probing(
  recording: Recording,
  address = "10.2.0.2",
  settings: ProbeSettings = {},
): Promise<ProbeResult> {
  await using folder = await recordedPing(recording);
  return await probe(address, { path: folder.searchPath, ...settings });
}

/** Returns the recording of a report. */
const reported = (text: string): Recording =>
  reports.find(([each]) => each.startsWith(text))?.[2] ?? { code: 0 };

const outcomes: readonly (readonly [name: string, run: () => Promise<ProbeResult>])[] = [
  ["success", () => probing(replies.IPv4)],
  ["success-ipv6", () => probing(replies["IPv6, 20250605"], "fd02::2")],
  ["success-second-request", () => probing(secondReply)],
  ["dns", () => probing(replies.IPv4, "does-not-exist.invalid")],
  ["dns-port", () => probing(replies.IPv4, "10.2.0.2:80")],
  ["forbidden-target", () => probing(replies.IPv4, "169.254.169.254")],
  ["connect", () => probing(reported("Destination Host Unreachable"))],
  ["connect-source", () => probing(reported("bind: Cannot assign"))],
  ["too-large", () => probing(reported("sendmsg: Message too long"))],
  ["timeout", () => probing(silent)],
  ["malformed", () => probing(flawed.truncated)],
  ["prober-unavailable", () => probing(unavailable[0]?.[2] ?? { code: 0 })],
];

test.each(outcomes)("%s", async (name, run) => {
  await expect(exposition(await run())).toMatchFileSnapshot(`../../golden/icmp/${name}.prom`);
});

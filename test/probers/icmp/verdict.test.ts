import { describe, expect, test } from "vitest";
import type { ProbeResult } from "../../../src/core/prober.ts";
import { detailOf, valueIn, verdictOf } from "../http/probe.ts";
import { type ProbeSettings, probe, recordedPing, scriptedPing } from "./probe.ts";
import {
  clockSet,
  duplicated,
  flawed,
  type Recording,
  redirected,
  replies,
  reports,
  secondReply,
  silent,
  twoReplies,
  unavailable,
  untimed,
  withIpOptions,
} from "./recordings.ts";

/** Probes with a `ping` that prints a recording. */
async function probeRecorded(
  recording: Recording,
  { address = "10.2.0.2", ...settings }: ProbeSettings & { readonly address?: string } = {},
): Promise<ProbeResult & { readonly runs: number }> {
  await using folder = await recordedPing(recording);
  let runs = 0;
  const log = (message: string): void => {
    if (message === "starting ping") runs += 1;
  };
  return { ...(await probe(address, { path: folder.searchPath, log, ...settings })), runs };
}

const RTT = 'probe_icmp_duration_seconds{phase="rtt"}';
const SETUP = 'probe_icmp_duration_seconds{phase="setup"}';

describe("a reply", () => {
  test.each([
    ["IPv4", "10.2.0.2", 0.000057],
    ["IPv6, 20221126", "fd02::2", 0.000043],
    ["IPv6, 20250605", "FD02:0::2", 0.000066],
    ["a source address", "10.2.0.2", 0.000333],
    ["an IPv6 source address", "fd02::2", 0.000067],
  ] as const)("%s", async (name, address, rtt) => {
    const result = await probeRecorded(replies[name], { address });
    expect(result).toMatchObject({ outcome: { ok: true }, runs: 1 });
    expect(valueIn(result, RTT)).toBeCloseTo(rtt, 9);
    expect(valueIn(result, "probe_icmp_reply_hop_limit")).toBe(63);
    expect(valueIn(result, "probe_icmp_requests")).toBe(1);
  });

  test("with a zone counts as that of the address", async () => {
    const options = { allowed_targets: ["fe80::/10"] };
    const result = await probeRecorded(replies["an IPv6 zone"], { address: "fe80::2%lo", options });
    expect(verdictOf(result)).toBe("success");
  });

  test("is as long as the target took, and the rest of the run is setup", async () => {
    const result = await probeRecorded(replies.IPv4);
    const resolve = valueIn(result, 'probe_icmp_duration_seconds{phase="resolve"}') ?? 0;
    expect(result.duration).toBeCloseTo(resolve + 0.000057, 9);
    expect(valueIn(result, SETUP)).toBeGreaterThan(0.0005);
    expect(result.phases).toEqual({ resolve, processing: expect.closeTo(0.000057, 9) });
  });

  test("to the second request is as late as that, and its time that of the second", async () => {
    await using folder = await recordedPing(secondReply);
    // The recording lasts no second, so that the script has to.
    await folder.write("wait", "1.3");
    await using slow = await scriptedPing(`sleep 1.3; exec ${folder.path}/ping "$@"`);
    const result = await probe("10.2.0.2", { path: slow.searchPath });
    expect(valueIn(result, RTT)).toBeCloseTo(0.122734, 9);
    expect(valueIn(result, "probe_icmp_requests")).toBe(2);
    expect(result.duration).toBeCloseTo(1.122734, 2);
    expect(valueIn(result, SETUP)).toBeLessThan(0.5);
  });

  test("is the first one of two", async () => {
    const result = await probeRecorded(twoReplies);
    expect(verdictOf(result)).toBe("success");
    expect(valueIn(result, "probe_icmp_requests")).toBe(2);
  });

  test("without a time is measured from outside", async () => {
    const result = await probeRecorded(untimed, { options: { payload_size: 8 } });
    expect(verdictOf(result)).toBe("success");
    expect(valueIn(result, RTT)).toBeGreaterThan(0);
    expect(valueIn(result, SETUP)).toBeGreaterThan(0);
  });

  test("takes no longer than the run, whatever the clock of the machine says", async () => {
    const result = await probeRecorded(clockSet);
    expect(verdictOf(result)).toBe("success");
    expect(valueIn(result, RTT)).toBeLessThan(60);
    expect(result.duration).toBeLessThan(60);
  });

  test.each([
    ["after advice of a router", redirected],
    ["with IP options", withIpOptions],
    ["with a duplicate", duplicated],
  ])("%s", async (_, recording) => {
    const result = await probeRecorded(recording);
    expect(verdictOf(result)).toBe("success");
    expect(valueIn(result, RTT)).toBeCloseTo(0.000228, 9);
    expect(valueIn(result, "probe_icmp_reply_hop_limit")).toBe(63);
  });
});

describe("a reply that is not the wanted one", () => {
  test.each([
    ["another address", "the reply came from 127.0.0.1 instead of 0.0.0.0", "0.0.0.0"],
    ["another address, said", "the reply came from 10.2.0.7 instead of 10.2.0.2", "10.2.0.2"],
    ["truncated", "the reply has 12 bytes of payload instead of 28", "10.2.0.2"],
    ["a longer payload", "the reply has 32 bytes of payload instead of 28", "10.2.0.2"],
    [
      "other data",
      "the reply is not what was sent: wrong data byte #16 should be 0x10 but was 0x61",
      "10.2.0.2",
    ],
    ["a wrong checksum", "the reply is not what was sent: (BAD CHECKSUM!)", "10.2.0.2"],
  ] as const)("%s is malformed, in three runs", async (name, detail, address) => {
    const result = await probeRecorded(flawed[name], { address });
    expect([verdictOf(result), detailOf(result)]).toEqual(["malformed", detail]);
    expect(result.runs).toBe(3);
    expect(valueIn(result, RTT)).toBe(0);
    expect(valueIn(result, "probe_icmp_reply_hop_limit")).toBeUndefined();
  });

  test("is forgotten when the next run has the wanted one", async () => {
    await using wrong = await recordedPing(flawed["another address, said"]);
    await using right = await recordedPing(replies.IPv4);
    await using folder = await scriptedPing(
      `if mkdir "\${0%/*}/seen" 2> /dev/null; then exec ${wrong.path}/ping; else exec ${right.path}/ping; fi`,
    );
    expect(verdictOf(await probe("10.2.0.2", { path: folder.searchPath }))).toBe("success");
  });
});

describe("a report", () => {
  test.each(reports)("%s is %s", async (text, reason, recording) => {
    const size = recording.stdout?.includes(" 1400") === true ? 1400 : 28;
    const options = { payload_size: size, dont_fragment: true };
    const result = await probeRecorded(recording, { options });
    expect([verdictOf(result), detailOf(result).includes(text)]).toEqual([reason, true]);
    expect(valueIn(result, RTT)).toBe(0);
  });

  test("that a packet is too large is heeded if it may be fragmented", async () => {
    const [, , tooBig] = reports.find(([text]) => text.startsWith("Frag needed")) ?? ["", "", { code: 0 }];
    expect((await probeRecorded(tooBig)).runs).toBe(3);
    expect((await probeRecorded(tooBig, { options: { dont_fragment: true } })).runs).toBe(1);
  });
});

test("no reply is a timeout, and counts what was sent", async () => {
  const result = await probeRecorded(silent);
  expect([verdictOf(result), detailOf(result)]).toEqual(["timeout", "no reply to 3 echo requests"]);
  expect(valueIn(result, "probe_icmp_requests")).toBe(3);
});

describe("prober_unavailable", () => {
  test.each(unavailable)("%s", async (_, advice, recording) => {
    const result = await probeRecorded(recording);
    expect(verdictOf(result)).toBe("prober_unavailable");
    expect(detailOf(result)).toMatch(advice);
    expect(valueIn(result, SETUP)).toBe(0);
    expect(valueIn(result, "probe_icmp_requests")).toBeUndefined();
  });
});

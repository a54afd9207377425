import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parsePing } from "../../../src/probers/icmp/output.ts";
import {
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

const parse = ({ stdout = "", stderr = "" }: Recording) => parsePing(stdout, stderr);

describe("the output of ping", () => {
  test.each(Object.entries(replies))("a reply: %s", (_, recording) => {
    const { reply, ...rest } = parse(recording);
    expect(rest).toEqual({ begun: true, sent: 1, errors: [], complaints: [], unknown: [] });
    expect(reply).toMatchObject({ sequence: 1, bytes: 36, flaw: undefined });
    expect(reply?.hopLimit).toBeGreaterThan(62);
    expect(reply?.milliseconds).toBeGreaterThan(0.04);
  });

  test("takes the time that is not rounded, and counts requests", () => {
    expect(parse(secondReply)).toMatchObject({ sent: 2, reply: { sequence: 2, milliseconds: 122.734 } });
  });

  test("takes the first of two replies", () => {
    expect(parse(twoReplies)).toMatchObject({ sent: 2, reply: { sequence: 1, milliseconds: 1009 } });
  });

  test("reads a reply without a time", () => {
    expect(parse(untimed).reply).toMatchObject({ bytes: 16, milliseconds: undefined, flaw: undefined });
  });

  test("counts the requests of a run that was killed before it printed them", () => {
    const { stdout = "" } = silent;
    expect(parse(silent)).toMatchObject({ begun: true, sent: 3, reply: undefined });
    expect(parsePing(stdout.slice(0, stdout.indexOf("\n\n---")), "").sent).toBe(3);
  });

  test("keeps errors, but not the advice of routers", () => {
    expect(parse(redirected)).toMatchObject({ errors: [], reply: { sequence: 1 } });
    for (const [text, , recording] of reports) {
      const { errors, complaints, reply, unknown } = parse(recording);
      const said = [...errors.map((error) => `${error.text} (from ${error.from})`), ...complaints];
      expect([text, said.some((each) => text.startsWith(each) || each.startsWith(text))]).toEqual([
        text,
        true,
      ]);
      expect({ reply, unknown }).toEqual({ reply: undefined, unknown: [] });
    }
  });

  test("names the flaw of a reply", () => {
    const flaws = Object.values(flawed).map((recording) => parse(recording).reply?.flaw);
    expect(flaws).toEqual([
      undefined,
      "(DIFFERENT ADDRESS!)",
      "(truncated)",
      undefined,
      "wrong data byte #16 should be 0x10 but was 0x61",
      "(BAD CHECKSUM!)",
    ]);
    for (const recording of Object.values(flawed)) expect(parse(recording).unknown).toEqual([]);
  });

  test("takes no other program for iputils", () => {
    for (const [, , recording] of unavailable) expect(parse(recording).begun).toBe(false);
  });

  test("ignores IP options", () => {
    expect(parse(withIpOptions).reply).toMatchObject({ sequence: 1, flaw: undefined });
  });

  const line = fc.oneof(
    fc.string({ maxLength: 80 }),
    fc.constantFrom(
      ...[
        replies.IPv4,
        secondReply,
        silent,
        ...Object.values(flawed),
        ...reports.map(([, , each]) => each),
      ].flatMap(({ stdout = "" }: Recording) => stdout.split("\n")),
    ),
  );
  const text = fc.array(line).map((lines) => lines.join("\n"));

  test("any text: does not throw, is bounded, and finds a reply only in a line of one", () => {
    fc.assert(
      fc.property(text, text, (stdout, stderr) => {
        const { reply, errors, sent } = parsePing(stdout, stderr);
        expect(errors.length).toBeLessThanOrEqual(10);
        expect(Number.isSafeInteger(sent)).toBe(true);
        expect(reply === undefined || /^\d+ bytes from \S+: icmp_seq=[1-9]/m.test(stdout)).toBe(true);
      }),
    );
  });

  const milliseconds = fc.integer({ min: 0, max: 4_000_000 });
  const rounded = (time: number): string =>
    // As iputils rounds.
    time >= 99_950
      ? String(Math.floor((time + 500) / 1000))
      : time >= 9995
        ? (Math.floor((time + 50) / 100) / 10).toFixed(1)
        : time >= 1000
          ? (Math.floor((time + 5) / 10) / 100).toFixed(2)
          : (time / 1000).toFixed(3);

  test("any time is read to the microsecond, and what the line alone says to its precision", () => {
    fc.assert(
      fc.property(
        milliseconds,
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 0, max: 255 }),
        (time, sequence, ttl) => {
          const exact = (time / 1000).toFixed(3);
          const reply = `36 bytes from 10.2.0.2: icmp_seq=${sequence} ttl=${ttl} time=${rounded(time)} ms`;
          const head = `PING 10.2.0.2 (10.2.0.2) 28(56) bytes of data.\n${reply}\n`;
          const tail = `\n--- 10.2.0.2 ping statistics ---\n${sequence} packets transmitted, 1 received, 0% packet loss, time 0ms\nrtt min/avg/max/mdev = ${exact}/${exact}/${exact}/0.000 ms\n`;
          expect(parsePing(head + tail, "")).toMatchObject({
            sent: sequence,
            unknown: [],
            reply: { sequence, hopLimit: ttl, milliseconds: time / 1000 },
          });
          expect(Math.abs((parsePing(head, "").reply?.milliseconds ?? 0) - time / 1000)).toBeLessThanOrEqual(
            0.5001,
          );
        },
      ),
    );
  });
});

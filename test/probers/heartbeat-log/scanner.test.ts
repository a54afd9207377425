import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseJsonLine } from "../../../src/probers/heartbeat-log/formats.ts";
import {
  createScanner,
  initialScan,
  type LineRules,
  type ScanState,
} from "../../../src/probers/heartbeat-log/scanner.ts";
import { type LogCounts, type LogHeartbeat, noCounts } from "../../../src/probers/heartbeat-log/tally.ts";
import { beat, noise } from "./support.ts";

const RULES: LineRules = {
  marker: "HEARTBEAT - System Statistics",
  parse: parseJsonLine,
  maxLineLength: 40_000,
};

interface Scanned {
  readonly counts: LogCounts;
  readonly heartbeats: readonly LogHeartbeat[];
  readonly carry: ScanState;
  readonly unfinished: number;
}

/** Scans `bytes` in pieces that end at `cuts`, resuming with a new scanner at each of `restarts`, as after a deadline. */
function scan(bytes: Buffer, cuts: readonly number[] = [], restarts = false, rules = RULES): Scanned {
  const counts = noCounts();
  const heartbeats: LogHeartbeat[] = [];
  const create = (carry: ScanState) =>
    createScanner(rules, counts, (one) => void heartbeats.push(one), carry);
  let scanner = create(initialScan);
  let at = 0;
  for (const cut of [...cuts.map((c) => Math.min(c, bytes.length)), bytes.length].toSorted((a, b) => a - b)) {
    // The scanner must not keep references to the bytes.
    const piece = Buffer.from(bytes.subarray(at, cut));
    scanner.push(piece);
    piece.fill(0x7b);
    at = cut;
    if (restarts) {
      at -= scanner.unfinished();
      scanner = create(scanner.carry());
    }
  }
  if (restarts) scanner.push(bytes.subarray(at));
  return { counts, heartbeats, carry: scanner.carry(), unfinished: scanner.unfinished() };
}

const TIME = "2025-09-15T13:30:00.123456789Z";
const docker = (log: string, stream = "stdout"): string => `${JSON.stringify({ log, stream, time: TIME })}\n`;
const cri = (text: string, tag = "F", stream = "stdout"): string => `${TIME} ${stream} ${tag} ${text}\n`;
const journal = (message: unknown): string =>
  `${JSON.stringify({ __REALTIME_TIMESTAMP: "1757943000123456", MESSAGE: message })}\n`;

/** A heartbeat that is longer than one piece. */
const long = beat(7, { padding: "x".repeat(20_000) }).trimEnd();
const pieces = (text: string, size: number): string[] => text.match(new RegExp(`.{1,${size}}`, "gs")) ?? [];

describe("wrappers", () => {
  const message = beat(7).trimEnd();
  test.each([
    ["none", beat(7)],
    ["a prefix", `2025-09-15 13:30:00,123 INFO {main} ${message}\n`],
    ["text after it", `${message} (main.py:12)\n`],
    ["the marker in the prefix", `INFO HEARTBEAT - System Statistics {"heartbeat_count": 7}\n`],
    ["Windows' newlines", `${message}\r\n`],
    ["docker", docker(`${message}\n`)],
    ["docker with a prefix", docker(`INFO ${message}\n`)],
    [
      "docker in pieces",
      pieces(`${long}\n`, 16_384)
        .map((piece) => docker(piece))
        .join(""),
    ],
    [
      "docker in pieces, other streams in between",
      pieces(`${long}\n`, 16_384)
        .map((piece) => docker(piece) + docker("other\n", "stderr"))
        .join(""),
    ],
    ["cri", cri(message)],
    ["cri with further tags", cri(message, "F:x")],
    [
      "cri in pieces",
      pieces(long, 8192)
        .map((piece) => cri(piece, "P"))
        .join("") + cri(""),
    ],
    [
      "cri, the marker cut in two",
      cri("y".repeat(8192) + message.slice(0, 30), "P") + cri(message.slice(30)),
    ],
    [
      "cri in pieces of 64 bytes",
      pieces(message, 64)
        .map((piece) => cri(piece, "P"))
        .join("") + cri(""),
    ],
    [
      "cri in pieces of 64 bytes, other streams in between",
      pieces(message, 64)
        .map((piece) => cri(piece, "P:tag") + cri("other", "F", "stderr"))
        .join("") + cri(""),
    ],
    [
      "docker in pieces of 64 bytes",
      pieces(`${message}\n`, 64)
        .map((piece) => docker(piece))
        .join(""),
    ],
    ["docker in pieces, one of them ending like a whole line", docker("x\\n") + docker(`${message}\n`)],
    [
      "docker in pieces, one of them ending like a whole line before the marker",
      docker(String.raw`{"path":"C:\\n`) +
        docker('ew","event":"HEARTBEAT - System Statistics","heartbeat_count":7,"file":"\u{1f493}"}\n'),
    ],
    [
      "docker in pieces, with attributes",
      pieces(`${message}\n`, 64)
        .map(
          (log) =>
            `${JSON.stringify({ log, stream: "stdout", attrs: { tag: "y".repeat(200) }, time: TIME })}\n`,
        )
        .join(""),
    ],
    ["a byte order mark", `\ufeff${beat(7)}`],
    ["a byte order mark before docker", `\ufeff${docker(`${message}\n`)}`],
    ["a byte order mark before cri", `\ufeff${cri(message)}`],
    ["a byte order mark in every line", `\ufeff${noise()}\ufeff${cri(message)}\ufeff${noise()}`],
    ["a journal", journal(message)],
    ["a journal with a list of bytes", journal([...Buffer.from(message)])],
    ["mojibake", beat(7).replace("💓", "ðŸ’“")],
    ["invalid UTF-8", beat(7).replace("💓", "")],
    [
      "NaN and Infinity",
      beat(7).replace('"uptime_seconds":420', '"uptime_seconds":NaN,"a":-Infinity,"b":"NaN"'),
    ],
    ["zeros before it", `\0\0\0${beat(7)}`],
  ])("%s", (name, text) => {
    const bytes = name.startsWith("UTF-8")
      ? Buffer.from(text.replace("{", '{"x":"\xff\xfe",'), "latin1")
      : Buffer.from(text);
    const { heartbeats, counts } = scan(bytes);
    expect(heartbeats.map(({ fields }) => fields["heartbeat_count"])).toEqual([7]);
    expect(counts.failures).toEqual({ too_long: 0, malformed: 0 });
  });

  // A piece that stayed would be put before every later line of its stream.
  const whole = (text: string): readonly string[] => [docker(`${text}\n`), cri(text)];
  const inPieces = (text: string): readonly string[] => [
    pieces(`${text}\n`, 64)
      .map((piece) => docker(piece))
      .join(""),
    pieces(text, 64)
      .map((piece) => cri(piece, "P"))
      .join("") + cri(""),
  ];
  const tooLong = (): readonly string[] => inPieces("x".repeat(41_000));
  test.each([
    ["docker", 0],
    ["cri", 1],
  ])("%s: nothing of a line in pieces is left when it has ended", (_, form) => {
    const of = (texts: readonly string[]): string => texts[form] ?? "";
    const count = (value: number): string => beat(value).trimEnd();
    const log = [
      inPieces(count(7)),
      whole(count(8)),
      whole("another line"),
      inPieces("another line in pieces, without the marker, which is longer than a piece of 64 bytes"),
      whole(count(9)),
      tooLong(),
      whole(count(10)),
      inPieces(count(11)),
    ].map(of);
    for (const restarts of [false, true]) {
      const bytes = Buffer.from(log.join(""));
      const cuts = log.map((_text, at) => Buffer.byteLength(log.slice(0, at).join("")));
      const { heartbeats, counts, carry } = scan(bytes, cuts, restarts);
      expect(heartbeats.map(({ fields }) => fields["heartbeat_count"])).toEqual([7, 8, 9, 10, 11]);
      expect(counts.failures).toEqual({ too_long: 1, malformed: 0 });
      expect(carry.pieces).toEqual({});
    }
  });

  test.each([
    ["JSON that is cut off", beat(7).replace("}\n", "\n"), "malformed"],
    ["a marker without JSON", "HEARTBEAT - System Statistics\n", "malformed"],
    ["a line that is too long", `${"x".repeat(40_001)}${beat(7)}`, "too_long"],
    [
      "pieces of a line that is too long",
      pieces("x".repeat(50_000), 8192)
        .map((piece) => cri(piece, "P"))
        .join("") + cri(beat(7).trimEnd()),
      "too_long",
    ],
  ])("%s is counted and skipped", (_, text, reason) => {
    const { heartbeats, counts } = scan(Buffer.from(text + beat(8)));
    expect(heartbeats.map(({ fields }) => fields["heartbeat_count"])).toEqual([8]);
    expect(counts.failures).toEqual({ too_long: 0, malformed: 0, [reason]: 1 });
  });

  test("50 MB without a newline take little memory", () => {
    const counts = noCounts();
    const scanner = createScanner(RULES, counts, () => {});
    const piece = Buffer.alloc(256 * 1024, "x");
    for (let i = 0; i < 200; i += 1) {
      scanner.push(piece);
      expect(scanner.unfinished()).toBeLessThanOrEqual(RULES.maxLineLength);
    }
    scanner.push(Buffer.from(`\n${beat(1)}`));
    expect(counts).toMatchObject({ lines: 2, failures: { too_long: 1, malformed: 0 } });
  });

  test("with an empty marker every line is a heartbeat", () => {
    const { heartbeats, counts } = scan(Buffer.from(noise() + beat(1) + "no json\n"), [], false, {
      ...RULES,
      marker: "",
    });
    expect(heartbeats.length).toBe(2);
    expect(counts.failures.malformed).toBe(1);
  });
});

const lines: fc.Arbitrary<Buffer> = fc.oneof(
  fc
    .constantFrom(
      noise(),
      beat(1),
      docker(beat(2)),
      docker(beat(3).slice(0, 20)),
      cri(beat(4).slice(0, 200), "P"),
      cri(beat(5).trimEnd()),
      cri(beat(6).slice(0, 30), "P", "stderr"),
      journal([...Buffer.from(beat(7).trimEnd())]),
      beat(8).slice(0, 50),
      `${"x".repeat(5000)}\n`,
      `${"x".repeat(45_000)}\n`,
      docker("z".repeat(16_384)),
      cri("z".repeat(16_384), "P"),
      docker("short"),
      cri("short", "P"),
      `\ufeff${beat(9)}`,
      `\ufeff${"x".repeat(39_999)}\n`,
      `\ufeff${"x".repeat(40_001)}\n`,
      "\0\0\0\0",
      "\n",
      "\r\n",
    )
    .map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
);

test("the same heartbeats are found however bytes are split and wherever reading resumes", () => {
  fc.assert(
    fc.property(
      fc.array(lines, { maxLength: 30 }),
      fc.array(fc.nat(60_000), { maxLength: 20 }),
      fc.boolean(),
      (parts, cuts, restarts) => {
        const bytes = Buffer.concat(parts);
        const whole = scan(bytes);
        const cut = scan(bytes, cuts, restarts);
        expect(cut.counts).toEqual(whole.counts);
        expect(cut.heartbeats).toEqual(whole.heartbeats);
        expect(cut.carry).toEqual(whole.carry);
      },
    ),
    { numRuns: 500 },
  );
});

test("a line of the greatest length after a byte order mark is read, however its bytes are split", () => {
  const bytes = Buffer.from(
    `\ufeff${beat(7)
      .trimEnd()
      .padStart(40_000 - 2)}\n`,
  );
  for (const cuts of [[], [1], [2], [3], [4], [20_000], [bytes.length - 1]]) {
    const { heartbeats } = scan(bytes, cuts);
    expect([cuts, heartbeats.length]).toEqual([cuts, 1]);
  }
});

test("a heartbeat is found wherever its bytes are split", () => {
  const bytes = Buffer.from(
    `\ufeff${noise()}` +
      docker(`${long}\n`) +
      cri(long.slice(0, 9000), "P") +
      cri(long.slice(9000)) +
      beat(9),
  );
  const whole = scan(bytes);
  expect(whole.heartbeats.length).toBe(3);
  for (let cut = 0; cut <= 700; cut += 1) expect(scan(bytes, [cut])).toEqual(whole);
});

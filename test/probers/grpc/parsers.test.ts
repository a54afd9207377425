import { array, assert, constantFrom, integer, nat, property, string, uint8Array } from "fast-check";
import { describe, expect, test } from "vitest";
import { parseGrpcAddress } from "../../../src/probers/grpc/address.ts";
import { decodeHealthStatus, encodeHealthCheck } from "../../../src/probers/grpc/health-messages.ts";
import { createMessageReader } from "../../../src/probers/grpc/message-reader.ts";
import { type CallResult, createReplyReader } from "../../../src/probers/grpc/reply.ts";
import {
  decodeStatusMessage,
  parseStatus,
  statusName,
  statusOfHttp,
  statusOfReset,
} from "../../../src/probers/grpc/status.ts";
import { message } from "../../helpers/grpc-servers.ts";

describe("grpc-status", () => {
  test.each([
    ["0", 0],
    ["16", 16],
    ["+5", 5],
    ["007", 7],
    ["-1", 4_294_967_295],
    ["2147483647", 2_147_483_647],
    ["2147483648", undefined],
    ["-2147483649", undefined],
    ["", undefined],
    [" 5", undefined],
    ["5 ", undefined],
    ["0x5", undefined],
    ["1_0", undefined],
    ["1e1", undefined],
    ["NaN", undefined],
  ])("%j is %j", (text, code) => expect(parseStatus(text)).toBe(code));

  test("has a name, or is unknown", () => {
    expect([0, 5, 16, 17].map(statusName)).toEqual([
      "OK (0)",
      "NOT_FOUND (5)",
      "UNAUTHENTICATED (16)",
      "the unknown code 17",
    ]);
  });

  test("follows from an HTTP status and from a reset", () => {
    expect([400, 401, 403, 404, 429, 502, 503, 504, 200, 500, 302].map(statusOfHttp)).toEqual([
      13, 16, 7, 12, 14, 14, 14, 14, 2, 2, 2,
    ]);
    expect([0, 1, 2, 3, 7, 8, 11, 12, 13, 14].map(statusOfReset)).toEqual([
      13, 13, 13, 8, 14, 1, 8, 7, 13, 2,
    ]);
  });
});

describe("grpc-message", () => {
  test.each([
    ["plain", "plain"],
    ["no%20such%20%C3%A9", "no such é"],
    ["100%", "100%"],
    ["a%2", "a%2"],
    ["%zz%41", "%zzA"],
    ["%FF", "\ufffd"],
    ["", ""],
  ])("%j is %j", (text, decoded) => expect(decodeStatusMessage(text)).toBe(decoded));

  test("is what was percent-encoded", () => {
    assert(
      property(string({ unit: "grapheme" }), (text) => {
        expect(decodeStatusMessage(encodeURIComponent(text.toWellFormed()))).toBe(text.toWellFormed());
      }),
    );
  });
});

describe("the messages of the health service", () => {
  test("a request has the service, and nothing for the server as a whole", () => {
    expect(encodeHealthCheck("").toString("hex")).toBe("");
    expect(encodeHealthCheck("a").toString("hex")).toBe("0a0161");
    expect(encodeHealthCheck("é".repeat(100)).subarray(0, 3).toString("hex")).toBe("0ac801");
  });

  test("decoding ends for any bytes, with a number of 32 bits or nothing", () => {
    assert(
      property(uint8Array({ maxLength: 60 }), (bytes) => {
        const status = decodeHealthStatus(bytes);
        if (status !== undefined) expect(status | 0).toBe(status);
      }),
      { numRuns: 2000 },
    );
  });

  test("unknown fields do not change the status", () => {
    const field = constantFrom([0x10, 0x96, 0x01], [0x1a, 2, 1, 2], [0x13, 8, 5, 0x14], [0x25, 1, 2, 3, 4]);
    assert(
      property(array(field), array(field), integer({ min: 0, max: 127 }), (before, after, status) => {
        const bytes = Uint8Array.from([...before.flat(), 8, status, ...after.flat()]);
        expect(decodeHealthStatus(bytes)).toBe(status);
      }),
    );
  });
});

/** Feeds a body in pieces to a reader of answers, and ends it with trailers. */
function answerOf(body: Buffer, cuts: readonly number[], status: string): CallResult | undefined {
  const reader = createReplyReader("");
  const begun = reader.headers(200, ["content-type", "application/grpc"], false);
  if (begun !== undefined) return begun;
  const ends = [...new Set([...cuts.map((cut) => cut % (body.length + 1)), body.length])].toSorted(
    (a, b) => a - b,
  );
  let from = 0;
  for (const end of ends) {
    const result = reader.data(body.subarray(from, end));
    if (result !== undefined) return result;
    from = end;
  }
  return reader.trailers(["grpc-status", status]);
}

describe("an answer", () => {
  test("is the same however it is cut", () => {
    const part = constantFrom(
      message([8, 1]),
      message([8, 2]),
      message([]),
      message([255]),
      message([8, 1], 1),
      message([8, 1], 0, 3),
      message([8, 1], 0, 2 ** 30),
      Buffer.from([0, 0]),
    );
    assert(
      property(
        array(part, { maxLength: 3 }),
        array(nat(40)),
        constantFrom("0", "5", "x"),
        (parts, cuts, status) => {
          const body = Buffer.concat(parts);
          const byByte = Array.from({ length: body.length }, (_, i) => i);
          expect(answerOf(body, cuts, status)).toEqual(answerOf(body, byByte, status));
        },
      ),
      { numRuns: 1000 },
    );
  });

  test("that is cut succeeds only with a whole message", () => {
    const whole = message([8, 1]);
    for (let length = 0; length < whole.length; length += 1)
      expect(answerOf(whole.subarray(0, length), [], "0")?.ok).toBe(false);
    expect(answerOf(whole, [], "0")).toEqual({ ok: true, serving: 1 });
  });

  test("is refused before its message is read if it is too large", () => {
    const reader = createMessageReader(undefined, () => undefined);
    expect(reader.push(Buffer.from([0, 0, 0x40, 0, 0]))).toBeUndefined();
    const other = createMessageReader(undefined, () => undefined);
    expect(other.push(Buffer.from([0, 0, 0x40, 0, 1]))).toMatchObject({
      reason: "too_large",
      code: 8,
    });
  });
});

describe("addresses", () => {
  test.each([
    ["db:50051", false, "db", 50_051, "db:50051"],
    ["db", false, "db", 80, "db:80"],
    ["db", true, "db", 443, "db:443"],
    ["https://db", false, "db", 80, "db:80"],
    ["http://db:81/a?b#c", true, "db", 81, "db:81"],
    ["user:secret@db:81", false, "db", 81, "db:81"],
    ["[::1]:81", false, "::1", 81, "[::1]:81"],
    ["[::1]", true, "::1", 443, "[::1]:443"],
    ["bücher.example", false, "xn--bcher-kva.example", 80, "xn--bcher-kva.example:80"],
  ])("%s (over TLS: %j)", (target, secure, host, port, authority) => {
    expect(parseGrpcAddress(target, secure)).toEqual({ host, port, authority });
  });

  test.each(["a b:1", "a:b", "a\u0000b", "[x]:1"])("%j is none", (target) => {
    expect(parseGrpcAddress(target, false)).toBeTypeOf("string");
  });
});

import dnsPacket, { type Answer } from "dns-packet";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TYPES } from "../../../src/probers/dns/wire/codes.ts";
import { decodeMessage } from "../../../src/probers/dns/wire/message.ts";
import { data, name, RESPONSE, record, response, u8, u16 } from "../../helpers/dns-messages.ts";
import { recordTexts, wholeTexts } from "./record-texts.ts";

const query = data(u16(7, 0x0100, 1, 0, 0, 0), name("text.test"), u16(1, 1));

/** Returns the texts of all records of a message, or why it cannot be read. */
function textsIn(message: Buffer): readonly string[] | string {
  const decoded = decodeMessage(message);
  if (decoded === undefined) return "no message";
  const { defect, answer, authority, additional } = decoded;
  return defect ?? [...answer, ...authority, ...additional].map(({ text }) => text);
}

describe("the text of records", () => {
  test.each(recordTexts.map((each) => [each.type, each.text, each] as const))("%s %s", (type, text, each) => {
    const message = response(query, { answer: [record(TYPES[type] ?? 0, each.data)] });
    expect(textsIn(message)).toEqual([`text.test.\t60\tIN\t${type}\t${text}`]);
  });

  test.each(wholeTexts.map((each) => [each.name, each] as const))("%s", (_, each) => {
    const { type, text, class: code = 1, ttl = 60, isAdditional } = each;
    const owner = isAdditional === true ? { owner: u8(0) } : {};
    const records = [record(type, each.data, { class: code, ttl, ...owner })];
    const message = response(query, isAdditional === true ? { additional: records } : { answer: records });
    expect(textsIn(message)).toEqual([text]);
  });

  test("every type that has a name is covered, except those of questions only", () => {
    const covered = new Set([
      ...recordTexts.map(({ type }) => TYPES[type]),
      ...wholeTexts.map(({ type }) => type),
    ]);
    const others = Object.entries(TYPES).filter(([, type]) => !covered.has(type));
    expect(others.map(([type]) => type)).toEqual([
      "None",
      "ATMA",
      "UNSPEC",
      "IXFR",
      "AXFR",
      "MAILA",
      "ANY",
      "Reserved",
    ]);
  });

  test("data cut between two fields lacks fields, and cut inside one is malformed", () => {
    const soa = recordTexts.find(({ type }) => type === "SOA")?.data ?? u8();
    const cuts = Array.from({ length: soa.length + 1 }, (_, i) =>
      textsIn(response(query, { answer: [record(6, soa.subarray(0, i))] })),
    );
    const readable = cuts.flatMap((texts) => (typeof texts === "string" ? [] : texts));
    expect(readable.map((text) => text.split("\t").at(-1))).toEqual([
      "  0 0 0 0 0",
      "ns.example.com.  0 0 0 0 0",
      ...["0 0 0 0 0", "2026113001 0 0 0 0", "2026113001 7200 0 0 0", "2026113001 7200 3600 0 0"].map(
        (numbers) => `ns.example.com. host\\\\master.example.com. ${numbers}`,
      ),
      "ns.example.com. host\\\\master.example.com. 2026113001 7200 3600 1209600 0",
      "ns.example.com. host\\\\master.example.com. 2026113001 7200 3600 1209600 4294967295",
    ]);
    expect(cuts[1]).toBe("the record text.test. SOA is malformed: a label ends too early");
  });
});

const label = fc.stringMatching(/^[a-z0-9_-]{1,20}$/);
const domain = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join("."));
const number16 = fc.nat(65_535);

/** An answer and the text of its data. */
const pair = (answer: Answer, text: string): readonly [Answer, string] => [answer, text];

describe("messages that another implementation encodes", () => {
  const x = { name: "x" };
  const answer = fc.oneof(
    fc.ipV4().map((address) => pair({ ...x, type: "A", data: address }, address)),
    domain.map((to) => pair({ ...x, type: "CNAME", data: to }, `${to}.`)),
    fc
      .record({ preference: number16, exchange: domain })
      .map((mx) => pair({ ...x, type: "MX", data: mx }, `${mx.preference} ${mx.exchange}.`)),
    fc
      .record({ priority: number16, weight: number16, port: number16, target: domain })
      .map((srv) =>
        pair({ ...x, type: "SRV", data: srv }, `${srv.priority} ${srv.weight} ${srv.port} ${srv.target}.`),
      ),
    fc
      .array(fc.stringMatching(/^[ -!#-[\]-~]{0,40}$/), { minLength: 1, maxLength: 3 })
      .map((texts) => pair({ ...x, type: "TXT", data: texts }, texts.map((text) => `"${text}"`).join(" "))),
  );

  test("are read as it wrote them", () => {
    fc.assert(
      fc.property(domain, fc.nat(2 ** 31 - 1), fc.array(answer, { maxLength: 8 }), (owner, ttl, answers) => {
        const encoded = dnsPacket.encode({
          type: "response",
          id: 7,
          questions: [{ name: owner, type: "A" }],
          answers: answers.map(([each]) => ({ ...each, name: owner, ttl }) as Answer),
        });
        const expected = answers.map(([{ type }, text]) => `${owner}.\t${ttl}\tIN\t${type}\t${text}`);
        expect(textsIn(Buffer.from(encoded))).toEqual(expected);
      }),
    );
  });
});

describe("hostile messages", () => {
  test("nothing makes reading throw or take long, and reading is bounded by the message", () => {
    const seeds = recordTexts.map((each) =>
      response(query, { answer: [record(TYPES[each.type] ?? 0, each.data)] }),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...seeds),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 }),
        fc.nat(),
        (seed, changes, cut) => {
          const message = Buffer.from(seed);
          for (const [at, value] of changes) message[at % message.length] = value;
          const part = message.subarray(0, cut % (message.length + 1));
          expect(part.length < 12).toBe(textsIn(part) === "no message");
        },
      ),
      { numRuns: 3000 },
    );
  });

  test("any bytes are read or refused", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 12, maxLength: 600 }), (bytes) => {
        expect(textsIn(Buffer.from(bytes))).not.toBe("no message");
      }),
    );
  });

  const at = 12 + query.length - 12;
  const hostile: readonly (readonly [string, Buffer, string])[] = [
    [
      "a pointer to itself",
      response(query, { answer: [record(1, u8(1, 2, 3, 4), { owner: u16(0xc000 | at) })] }),
      "the pointers of a name go in a circle",
    ],
    [
      "two pointers to each other",
      response(query, { answer: [record(5, data(u16(0xc000 | (at + 14)), u16(0xc000 | (at + 12))), {})] }),
      "the pointers of a name go in a circle",
    ],
    [
      "a pointer beyond the end",
      response(query, { answer: [record(1, u8(1, 2, 3, 4), { owner: u16(0xffff) })] }),
      "a name ends too early",
    ],
    [
      "a pointer into data that follows",
      response(query, { answer: [record(5, u16(0xc000 | (at + 14)))] }),
      "a name ends too early",
    ],
    [
      "a label with reserved bits",
      response(query, { answer: [record(1, u8(1, 2, 3, 4), { owner: u8(0x80, 0) })] }),
      "a label begins with the reserved bits of 128",
    ],
    [
      "a name above 255 bytes",
      response(query, {
        answer: [record(1, u8(1, 2, 3, 4), { owner: name("a".repeat(63).concat(".").repeat(4)) })],
      }),
      "a name is longer than 255 bytes",
    ],
    [
      "data longer than the message",
      response(query, { answer: [record(1, u8(1, 2, 3, 4), { length: 5 })] }),
      "it ends 1 bytes too early",
    ],
    [
      "data longer than its type",
      response(query, { answer: [record(1, u8(1, 2, 3, 4, 5))] }),
      "its data is 1 bytes too long",
    ],
    [
      "fewer records than announced",
      response(query, { answer: [record(1, u8(1, 2, 3, 4))], counts: [1, 65_535, 65_535, 65_535] }),
      "it ends after 1 of 65535 records",
    ],
    [
      "more questions than announced",
      response(query, { counts: [9, 0, 0, 0] }),
      "it ends after 1 of 9 records",
    ],
  ];
  test.each(hostile)("%s", (_, message, defect) => {
    expect(textsIn(message)).toContain(defect);
  });

  test("names that are megabytes once they are decompressed", () => {
    const long = name("a".repeat(60).concat(".").repeat(4));
    const records = Array.from({ length: 5000 }, () => record(1, u8(1, 2, 3, 4), { owner: u16(0xc00c) }));
    const message = response(data(u16(7, 0x0100, 1, 0, 0, 0), long, u16(1, 1)), { answer: records });
    expect(textsIn(message)).toContain("too long once they are decompressed");
    const begun = performance.now();
    for (let i = 0; i < 10; i += 1) decodeMessage(message);
    expect(performance.now() - begun).toBeLessThan(5000);
  });

  test("bytes behind a message are ignored", () => {
    expect(textsIn(data(response(query, { answer: [record(1, u8(1, 2, 3, 4))] }), u8(1, 2, 3)))).toHaveLength(
      1,
    );
  });
});

test("the header says what a message is", () => {
  const flags = RESPONSE | 0x2c00 | 0x0003;
  expect(decodeMessage(response(query, { flags, id: 4711 }))).toMatchObject({
    id: 4711,
    isResponse: true,
    opcode: 5,
    isAuthoritative: true,
    isTruncated: false,
    rcode: 3,
  });
});

test("the code of a response has bits in the last OPT record", () => {
  const opt = (ttl: number) => record(41, u8(), { owner: u8(0), ttl });
  const message = response(query, { flags: RESPONSE | 7, additional: [opt(0xff00_0000), opt(0x0100_0000)] });
  expect(decodeMessage(message)?.rcode).toBe(23);
});

test("a header alone with an error is a response, one without is cut", () => {
  const header = (flags: number) => u16(7, flags, 1, 0, 0, 0);
  expect(decodeMessage(header(RESPONSE | 5))).toMatchObject({ rcode: 5, questions: [], defect: undefined });
  expect(decodeMessage(header(RESPONSE))?.defect).toBe("it ends after 0 of 1 records");
});

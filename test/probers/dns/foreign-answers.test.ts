import { describe, expect, test } from "vitest";
import type { DnsOptions } from "../../../src/probers/dns/schema.ts";
import {
  A,
  data,
  LOCAL,
  name,
  questionOf,
  RESPONSE,
  record,
  response,
  u8,
  u16,
  u32,
} from "../../helpers/dns-messages.ts";
import { answering, type Respond } from "../../helpers/name-server.ts";
import { askServer, TCP } from "./asking.ts";
import { detailOf, valueIn, verdictOf } from "./probe.ts";

const { ask } = askServer();

describe("a response that does not answer the question", () => {
  const other = (text: string, type = 1, code = 1): Buffer => data(name(text), u16(type, code));
  const cname = (to: string, owner?: string) =>
    record(5, name(to), owner === undefined ? {} : { owner: name(owner) });

  const refused: readonly (readonly [string, Respond, string])[] = [
    ["repeats the query", ({ content }, { send }) => send(content), "it is a query"],
    ["has another opcode", answering({ flags: RESPONSE | 0x2800 }), "its opcode is 5, want 0"],
    ["is about another name", answering({ question: other("evil.test") }), "it answers evil.test. IN A, not"],
    [
      "is about another type",
      answering((query) => ({ question: data(questionOf(query).subarray(0, -4), u16(28, 1)) })),
      "IN AAAA, not",
    ],
    [
      "is about another class",
      answering((query) => ({ question: data(questionOf(query).subarray(0, -4), u16(1, 3)) })),
      "CH A, not",
    ],
    [
      "has two questions",
      answering((query) => ({ question: data(questionOf(query), questionOf(query)), counts: [2, 0, 0, 0] })),
      "it has 2 questions",
    ],
    ["has no question", answering({ question: u8() }), "it has no question"],
    [
      "is a header alone",
      ({ content }, { send }) => send(response(content).subarray(0, 12)),
      "it ends after 0 of 1 records",
    ],
    [
      "is shorter than a header",
      ({ content }, { send }) => send(response(content).subarray(0, 11)),
      "it has 11 bytes",
    ],
    [
      "is cut",
      ({ content }, { send }) => send(response(content, { answer: [A] }).subarray(0, -1)),
      "it ends 1 bytes too early",
    ],
    [
      "lies about its records",
      answering({ answer: [A], counts: [1, 3, 0, 0] }),
      "it ends after 1 of 3 records",
    ],
    [
      "has a record of another name",
      answering({ answer: [A, record(1, LOCAL, { owner: name("evil.test") })] }),
      "a record is for evil.test., which",
    ],
    [
      "has a record that no alias leads to",
      answering({
        answer: [cname("b.test"), cname("d.test", "c.test"), record(1, LOCAL, { owner: name("d.test") })],
      }),
      "a record is for c.test., which",
    ],
    [
      "has an alias of names elsewhere",
      answering({ answer: [record(39, name("x"), { owner: name("elsewhere") })] }),
      "a record is for elsewhere., which",
    ],
    [
      "is signed with an unknown key",
      answering({ additional: [record(250, u8(), { owner: name("key") })] }),
      "it is signed with a key",
    ],
    [
      "has circling pointers",
      answering((query) => ({ answer: [record(1, LOCAL, { owner: u16(0xc000 | query.length) })] })),
      "the pointers of a name go in a circle",
    ],
  ];
  describe.each([
    ["udp", {}],
    ["tcp", TCP],
  ] as const)("over %s", (_, options) => {
    test.each(refused)("%s", async (_name, respond, detail) => {
      const result = await ask(respond, options);
      expect(verdictOf(result)).toBe("malformed");
      expect(detailOf(result)).toContain(detail);
      expect(valueIn(result, "probe_dns_query_succeeded")).toBe(0);
    });
  });

  const accepted: readonly (readonly [string, Respond, DnsOptions])[] = [
    [
      "the name in another case",
      answering((query) => ({
        question: Buffer.from(questionOf(query).toString("latin1").replace("test", "TEST"), "latin1"),
        answer: [
          record(1, LOCAL, {
            owner: Buffer.from(questionOf(query).toString("latin1").slice(0, -4).toUpperCase(), "latin1"),
          }),
        ],
      })),
      {},
    ],
    [
      "aliases in any order",
      answering({
        answer: [record(1, LOCAL, { owner: name("c.test") }), cname("C.test", "b.test"), cname("B.test")],
      }),
      {},
    ],
    ["aliases in a circle", answering({ answer: [cname("b.test"), cname("b.test", "b.test")] }), {}],
    [
      "an alias of all names below one",
      answering({
        answer: [
          record(39, name("x"), { owner: name("test") }),
          record(46, data(u16(39), u8(8, 1), u32(0, 0, 0), u16(0), name("")), { owner: name("test") }),
          cname("y"),
        ],
      }),
      {},
    ],
    [
      "an alias of all names",
      answering({ answer: [record(39, name("x"), { owner: name("") }), cname("y")] }),
      {},
    ],
    [
      "a zone transfer",
      answering({ answer: [record(1, LOCAL, { owner: name("elsewhere") })] }),
      { query_type: "AXFR" },
    ],
    ["bytes behind it", ({ content }, { send }) => send(data(response(content), u8(1, 2))), {}],
    [
      "an error without its question",
      answering({ flags: RESPONSE | 5, question: u8() }),
      { valid_rcodes: ["REFUSED"] },
    ],
    [
      "an error that is a header alone",
      ({ content }, { send }) => send(response(content, { flags: RESPONSE | 5 }).subarray(0, 12)),
      { valid_rcodes: ["REFUSED"] },
    ],
  ];
  test.each(accepted)("is not one with %s", async (_name, respond, options) => {
    const result = await ask(respond, options);
    expect(detailOf(result)).toBe("");
  });
});

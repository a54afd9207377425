import {
  A,
  data,
  LOCAL,
  name,
  questionOf,
  RESPONSE,
  record,
  response,
  string,
  TRUNCATED,
  u8,
  u16,
} from "../../../helpers/dns-messages.ts";
import { answering, type ReceivedQuery, type Respond } from "../../../helpers/name-server.ts";
import { address, type DnsCase, type DnsCaseFields, dnsCase } from "./case.ts";

/** The lines of an answer that blackbox_exporter takes and this exporter does not. */
const refused = (answer = 0): readonly string[] => [
  "probe_success: 1 -> 0",
  "probe_dns_query_succeeded: 1 -> 0",
  ...(answer === 0 ? [] : [`probe_dns_answer_rrs: ${answer} -> 0`]),
];

/** Cases over UDP and TCP. */
const over = (fields: DnsCaseFields): readonly DnsCase[] => [
  dnsCase(fields),
  dnsCase({
    ...fields,
    name: `${fields.name}, over TCP`,
    dns: `transport_protocol: tcp${fields.dns === undefined ? "" : `, ${String(fields.dns)}`}`,
  }),
];

const broken = (title: string, respond: Respond): readonly DnsCase[] =>
  over({ name: title, verdict: "failure", respond });

const foreign = (title: string, respond: Respond, answer = 0): readonly DnsCase[] =>
  over({ name: title, verdict: "success", respond, differs: { "forged-answers": refused(answer) } });

const at = (query: Buffer): number => query.length;

/** Returns true for the first query of a probe, which has an id of its own. */
function firstOfEach(): (query: ReceivedQuery) => boolean {
  const seen = new Set<number>();
  return ({ content }) => {
    const id = content.readUInt16BE();
    const isFirst = !seen.has(id);
    seen.add(id);
    return isFirst;
  };
}

const isFirst = firstOfEach();

/** Answers that are cut, lie or are not for the question. */
export const hostile: readonly DnsCase[] = [
  ...broken("cut inside a record", ({ content }, { send }) =>
    send(response(content, { answer: [A] }).subarray(0, -1)),
  ),
  ...broken("cut inside the question", ({ content }, { send }) => send(response(content).subarray(0, -5))),
  ...broken("shorter than a header", ({ content }, { send }) => send(response(content).subarray(0, 11))),
  ...broken(
    "a pointer to itself",
    answering((query) => ({ answer: [record(1, LOCAL, { owner: u16(0xc000 | at(query)) })] })),
  ),
  ...broken(
    "pointers in a circle",
    answering((query) => ({ answer: [record(5, u16(0xc000 | (at(query) + 12)))] })),
  ),
  ...broken("a pointer beyond the end", answering({ answer: [record(1, LOCAL, { owner: u16(0xffff) })] })),
  ...broken("a label with reserved bits", answering({ answer: [record(1, LOCAL, { owner: u8(0x40, 0) })] })),
  ...broken("a label beyond the end", answering({ answer: [record(5, u8(63, 97))] })),
  ...broken(
    "a name that is too long",
    answering({ answer: [record(1, LOCAL, { owner: name(`${"a".repeat(63)}.`.repeat(4)) })] }),
  ),
  ...broken("data longer than the message", answering({ answer: [record(1, LOCAL, { length: 400 })] })),
  ...broken("an address of five bytes", answering({ answer: [record(1, u8(1, 2, 3, 4, 5))] })),
  ...broken("an address of three bytes", answering({ answer: [record(1, u8(1, 2, 3))] })),
  ...broken("a text beyond its data", answering({ answer: [record(16, u8(5, 97))] })),
  ...broken(
    "a malformed OPT record",
    answering({ answer: [A], additional: [record(41, u16(3, 9), { owner: u8(0) })] }),
  ),
  ...broken(
    "service parameters out of order",
    answering({ answer: [record(65, data(u16(1), u8(0), u16(3, 2, 443, 1, 0)))] }),
  ),
  ...broken(
    "a signature with an unknown key",
    answering({ answer: [A], additional: [record(250, u8(), { owner: name("key"), class: 255 })] }),
  ),
  ...over({
    name: "bytes behind the message",
    verdict: "success",
    respond: ({ content }, { send }) => send(data(response(content, { answer: [A] }), u8(1, 2, 3))),
  }),
  ...over({
    name: "a pointer chain of the longest length",
    verdict: "success",
    respond: answering((query) => ({
      answer: [A, record(5, u16(0xc000 | 12))],
      additional: [record(2, u16(0xc000 | (at(query) + 28)))],
    })),
  }),
  ...over({
    name: "the name of the question in another case",
    verdict: "success",
    respond: answering((query) => ({
      question: Buffer.from(questionOf(query).toString("latin1").replace("test", "TesT"), "latin1"),
      answer: [A],
    })),
  }),

  ...foreign("a repeated query", ({ content }, { send }) => send(content)),
  ...foreign("another opcode", answering({ flags: RESPONSE | 0x2000 })),
  ...foreign(
    "an answer about another name",
    answering({ question: data(name("evil.test"), u16(1, 1)), answer: [record(1, LOCAL)] }),
    1,
  ),
  ...foreign(
    "an answer about another type",
    answering((query) => ({ question: data(questionOf(query).subarray(0, -4), u16(28, 1)), answer: [A] })),
    1,
  ),
  ...foreign(
    "an answer about another class",
    answering((query) => ({ question: data(questionOf(query).subarray(0, -2), u16(3)), answer: [A] })),
    1,
  ),
  ...foreign(
    "an answer without a question",
    answering({ question: u8(), answer: [record(1, LOCAL, { owner: name("x.test") })] }),
    1,
  ),
  ...foreign(
    "an answer to two questions",
    answering((query) => ({ question: data(questionOf(query), questionOf(query)), counts: [2, 0, 0, 0] })),
  ),
  ...foreign("a header alone without an error", ({ content }, { send }) =>
    send(response(content).subarray(0, 12)),
  ),
  ...foreign(
    "a record of another name",
    answering({ answer: [A, record(1, LOCAL, { owner: name("evil.test") })] }),
    2,
  ),
  ...foreign(
    "a record that no alias leads to",
    answering({ answer: [record(5, name("b.test")), record(1, LOCAL, { owner: name("c.test") })] }),
    2,
  ),
  ...over({
    name: "fewer records than announced",
    verdict: "success",
    respond: answering({ answer: [A], counts: [1, 3, 65_535, 65_535] }),
    differs: { "lying-counts": refused(1) },
  }),
  ...over({
    name: "fewer questions than announced",
    verdict: "failure",
    respond: answering({ counts: [2, 0, 0, 0] }),
  }),

  dnsCase({
    name: "another id before the answer",
    verdict: "success",
    respond: ({ content }, { send }) => {
      send(response(content, { id: content.readUInt16BE() ^ 1 }));
      send(response(content, { answer: [A] }));
    },
  }),
  dnsCase({
    name: "another id alone",
    verdict: "failure",
    timeout: "400ms",
    respond: answering((query) => ({ id: query.readUInt16BE() ^ 1 })),
  }),
  dnsCase({
    name: "another id over TCP",
    verdict: "failure",
    dns: "transport_protocol: tcp",
    respond: answering((query) => ({ id: query.readUInt16BE() ^ 1 })),
  }),
  dnsCase({
    name: "bytes of strangers before the answer",
    verdict: "failure",
    respond: ({ content }, { send }) => {
      send(u8(1, 2, 3));
      send(response(content, { answer: [A] }));
    },
    differs: {
      "stray-datagrams": [
        "probe_success: 0 -> 1",
        "probe_dns_query_succeeded: 0 -> 1",
        "probe_dns_answer_rrs: 0 -> 1",
      ],
    },
  }),
  dnsCase({
    name: "a lost query",
    verdict: "failure",
    timeout: "2s",
    respond: (query, responder) => {
      if (!isFirst(query)) address(query, responder);
    },
    differs: {
      "lost-queries": [
        "probe_success: 0 -> 1",
        "probe_dns_query_succeeded: 0 -> 1",
        "probe_dns_answer_rrs: 0 -> 1",
        "queries: udp -> udp, udp",
      ],
    },
  }),
  dnsCase({ name: "silence", verdict: "failure", timeout: "400ms", respond: () => undefined }),
  dnsCase({
    name: "silence over TCP",
    verdict: "failure",
    timeout: "1s",
    dns: "transport_protocol: tcp",
    respond: () => undefined,
  }),
  dnsCase({
    name: "512 bytes",
    verdict: "success",
    respond: ({ content }, { send }) => {
      const rest = 512 - response(content).length - 12;
      send(
        response(content, {
          answer: [record(16, data(string(Buffer.alloc(200)), string(Buffer.alloc(rest - 202))))],
        }),
      );
    },
  }),
  dnsCase({
    name: "513 bytes",
    verdict: "failure",
    respond: ({ content }, { send }) => {
      const rest = 513 - response(content).length - 12;
      send(
        response(content, {
          answer: [record(16, data(string(Buffer.alloc(200)), string(Buffer.alloc(rest - 202))))],
        }),
      );
    },
  }),
  dnsCase({
    name: "a valid beginning of 512 bytes",
    verdict: "success",
    respond: ({ content }, { send }) => send(data(response(content, { answer: [A] }), Buffer.alloc(600))),
    differs: { "long-datagrams": refused(1) },
  }),

  dnsCase({
    name: "a truncated answer that no rule is about",
    verdict: "success",
    respond: answering({ flags: RESPONSE | TRUNCATED, answer: [A] }),
  }),
  dnsCase({
    name: "a truncated answer with an error",
    verdict: "failure",
    dns: "validate_answer_rrs: { fail_if_not_matches_regexp: ['.'] }",
    respond: answering({ flags: RESPONSE | TRUNCATED | 2 }),
  }),
  dnsCase({
    name: "a truncated answer that lacks what a rule wants",
    verdict: "failure",
    dns: "validate_answer_rrs: { fail_if_none_matches_regexp: ['127.0.0.1$'] }",
    respond: (query, responder) =>
      answering(query.transport === "udp" ? { flags: RESPONSE | TRUNCATED } : { answer: [A, A] })(
        query,
        responder,
      ),
    differs: {
      "truncated-answers": [
        "probe_success: 0 -> 1",
        "probe_dns_answer_rrs: 0 -> 2",
        "queries: udp -> udp, tcp",
      ],
    },
  }),
  dnsCase({
    name: "a truncated answer that lacks what a rule refuses",
    verdict: "success",
    dns: "validate_answer_rrs: { fail_if_matches_regexp: ['127.0.0.1$'] }",
    respond: (query, responder) =>
      answering(query.transport === "udp" ? { flags: RESPONSE | TRUNCATED } : { answer: [A] })(
        query,
        responder,
      ),
    differs: {
      "truncated-answers": [
        "probe_success: 1 -> 0",
        "probe_dns_answer_rrs: 0 -> 1",
        "queries: udp -> udp, tcp",
      ],
    },
  }),
  dnsCase({
    name: "a truncated answer without the serial number",
    verdict: "success",
    dns: "query_type: SOA",
    respond: (query, responder) => {
      if (query.transport === "udp") responder.send(response(query.content, { flags: RESPONSE | TRUNCATED }));
      else responder.close();
    },
    differs: { "truncated-answers": ["probe_success: 1 -> 0", "queries: udp -> udp, tcp"] },
  }),
  dnsCase({
    name: "a truncated answer that is cut inside a record",
    verdict: "failure",
    respond: ({ content, transport }, { send }) =>
      send(
        transport === "tcp"
          ? response(content, { answer: [A] })
          : response(content, { flags: RESPONSE | TRUNCATED, answer: [A] }).subarray(0, -2),
      ),
    differs: {
      "truncated-answers": [
        "probe_success: 0 -> 1",
        "probe_dns_query_succeeded: 0 -> 1",
        "probe_dns_answer_rrs: 0 -> 1",
        "queries: udp -> udp, tcp",
      ],
    },
  }),
  dnsCase({
    name: "a truncated answer over TCP",
    verdict: "success",
    dns: "transport_protocol: tcp",
    respond: answering({ flags: RESPONSE | TRUNCATED, answer: [A] }),
  }),
];

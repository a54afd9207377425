import { describe, expect, test } from "vitest";
import {
  A,
  data,
  name,
  RESPONSE,
  type ResponseFields,
  record,
  response,
  string,
  TRUNCATED,
  u8,
  u32,
} from "../../helpers/dns-messages.ts";
import { answering, type Respond, startNameServer } from "../../helpers/name-server.ts";
import { askServer } from "./asking.ts";
import { detailOf, probe, valueIn, verdictOf } from "./probe.ts";

const { ask } = askServer();

describe("over UDP", () => {
  test("a lost query is sent again, and the time until the answer counts", async () => {
    const result = await ask((query, { send }) => {
      if (query.count === 2) send(response(query.content, { answer: [A] }));
    });
    expect(verdictOf(result)).toBe("success");
    expect(valueIn(result, "probe_dns_retries")).toBe(1);
    expect(valueIn(result, 'probe_dns_duration_seconds{phase="request"}')).toBeGreaterThanOrEqual(0.49);
    const [first, second] = result.received;
    expect(second?.content).toEqual(first?.content);
  });

  test("a late answer to the first query counts", async () => {
    let first: Buffer | undefined;
    const result = await ask(({ content, count }, { send }) => {
      first ??= content;
      if (count === 2) send(response(first, { answer: [A] }));
    });
    expect(verdictOf(result)).toBe("success");
  });

  test("silence until the deadline", async () => {
    const deadline = new AbortController();
    const abort = ({ count }: { readonly count: number }): void => {
      if (count === 3) deadline.abort();
    };
    const result = await ask(abort, {}, { signal: deadline.signal });
    expect(verdictOf(result)).toBe("timeout");
    expect(detailOf(result)).toBe("no answer before the deadline, although the query was sent 3 times");
    expect(valueIn(result, "probe_dns_retries")).toBe(2);
    expect(result.received).toHaveLength(3);
  });

  test("datagrams that are not for the query are ignored", async () => {
    const result = await ask(({ content }, { send }) => {
      send(u8());
      send(u8(1));
      send(Buffer.alloc(600));
      send(response(content, { id: content.readUInt16BE() ^ 1, answer: [A, A] }));
      send(response(content, { answer: [A] }));
    });
    expect(verdictOf(result)).toBe("success");
    expect(valueIn(result, "probe_dns_answer_rrs")).toBe(1);
  });

  test("only datagrams that are not for the query", async () => {
    const deadline = new AbortController();
    const result = await ask(
      ({ content }, { send }) => {
        send(response(content, { id: content.readUInt16BE() ^ 1 }));
        setTimeout(() => deadline.abort(), 200);
      },
      {},
      { signal: deadline.signal },
    );
    expect(verdictOf(result)).toBe("malformed");
    expect(detailOf(result)).toBe("no answer before the deadline, only 1 datagrams with another id");
  });

  test("a response longer than the query allows", async () => {
    const long = record(16, string("x".repeat(240)));
    const fitting = await ask(answering({ answer: [long] }));
    expect(verdictOf(fitting)).toBe("success");
    const result = await ask(answering({ answer: [long, long] }));
    expect(verdictOf(result)).toBe("too_large");
    expect(detailOf(result)).toMatch(/^the response has 5\d\d bytes, and may have 512 /);
  });

  test("nothing listens", async () => {
    const closed = await startNameServer(() => undefined);
    await closed[Symbol.asyncDispose]();
    const result = await probe(`127.0.0.1:${closed.port}`);
    expect(verdictOf(result)).toBe("connect");
    expect(detailOf(result)).toContain("ECONNREFUSED");
  });
});

describe("a truncated answer over UDP", () => {
  const RULES = { validate_answer_rrs: { fail_if_none_matches_regexp: ["127\\.0\\.0\\.1$"] } };
  /** Truncates over UDP, and answers over TCP as `overTcp` says. */
  const truncating =
    (overTcp: Respond, fields: ResponseFields = {}): Respond =>
    (query, responder) => {
      if (query.transport === "tcp") overTcp(query, responder);
      else responder.send(response(query.content, { flags: RESPONSE | TRUNCATED, ...fields }));
    };
  const whole = answering({ answer: [A, A] });

  test("is asked for again over TCP if rules need its records", async () => {
    const result = await ask(truncating(whole), RULES);
    expect(verdictOf(result)).toBe("success");
    expect(valueIn(result, "probe_dns_answer_rrs")).toBe(2);
    expect(result.received.map(({ transport }) => transport)).toEqual(["udp", "tcp"]);
    const ids = result.received.map(({ content }) => content.readUInt16BE());
    expect(new Set(ids).size).toBe(2);
  });

  test("is asked for again for its serial number", async () => {
    const soa = record(6, data(name("a"), name("b"), u32(7, 0, 0, 0, 0)));
    const result = await ask(truncating(answering({ answer: [soa] })), { query_type: "SOA" });
    expect(valueIn(result, "probe_dns_serial")).toBe(7);
  });

  test("is asked for again if it was cut inside a record", async () => {
    const cut: Respond = ({ content }, { send }) =>
      send(response(content, { flags: RESPONSE | TRUNCATED, answer: [A] }).subarray(0, -1));
    const result = await ask((query, responder) =>
      (query.transport === "tcp" ? whole : cut)(query, responder),
    );
    expect(verdictOf(result)).toBe("success");
    expect(valueIn(result, "probe_dns_answer_rrs")).toBe(2);
  });

  test("is judged as it is if nothing depends on its records", async () => {
    const result = await ask(truncating(whole, { answer: [A] }));
    expect(verdictOf(result)).toBe("success");
    expect(valueIn(result, "probe_dns_answer_rrs")).toBe(1);
    expect(result.received).toHaveLength(1);
  });

  test("may lack the alias that leads to its records", async () => {
    const result = await ask(
      truncating(whole, { answer: [record(1, u8(127, 0, 0, 1), { owner: name("b.test") })] }),
    );
    expect(verdictOf(result)).toBe("success");
  });

  test("is judged as it is if its code fails the probe anyway", async () => {
    const result = await ask(truncating(whole, { flags: RESPONSE | TRUNCATED | 2 }), RULES);
    expect(verdictOf(result)).toBe("rcode");
    expect(result.received).toHaveLength(1);
  });

  test("fails the probe if there is none over TCP", async () => {
    const result = await ask(
      truncating((_, { close }) => close()),
      RULES,
    );
    expect(verdictOf(result)).toBe("truncated");
    expect(detailOf(result)).toBe(
      "the answer over UDP is truncated, and there is none over TCP: the server closed the connection without an answer",
    );
  });
});

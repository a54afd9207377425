import { describe, expect, test } from "vitest";
import { A, data, record, response, string, u8, u16 } from "../../helpers/dns-messages.ts";
import { answering, framed, type Respond } from "../../helpers/name-server.ts";
import { askServer, certificate, TCP, TLS } from "./asking.ts";
import { detailOf, probe, valueIn, verdictOf } from "./probe.ts";

const { ask, port } = askServer();

describe.each([
  ["tcp", TCP],
  ["tls", TLS],
] as const)("over %s", (_, options) => {
  test("an answer byte by byte, with bytes behind it", async () => {
    const result = await ask(({ content }, { raw }) => {
      const bytes = data(framed(response(content, { answer: [A] })), u8(1, 2, 3));
      const next = (at: number): void => {
        raw(bytes.subarray(at, at + 1));
        if (at + 1 < bytes.length) setImmediate(next, at + 1);
      };
      next(0);
    }, options);
    expect(verdictOf(result)).toBe("success");
    expect(valueIn(result, "probe_dns_answer_rrs")).toBe(1);
  });

  test("an answer of the longest length", async () => {
    const many = Array.from({ length: 250 }, () => record(16, string("x".repeat(240))));
    const result = await ask(answering({ answer: many }), options);
    expect(verdictOf(result)).toBe("success");
    expect(valueIn(result, "probe_dns_answer_rrs")).toBe(250);
  });

  const broken: readonly (readonly [string, Respond, string, string])[] = [
    ["another id", answering((query) => ({ id: query.readUInt16BE() ^ 1 })), "malformed", "its id is"],
    ["a length of 0", (_query, { raw }) => raw(u16(0)), "malformed", "it has 0 bytes"],
    [
      "a length that is too short",
      ({ content }, { raw }) => raw(data(u16(13), response(content))),
      "malformed",
      "a label ends too early",
    ],
    [
      "an end inside the length",
      (_query, { raw, close }) => {
        raw(u8(0));
        close();
      },
      "malformed",
      "closed the connection after 1 bytes",
    ],
    [
      "an end inside the answer",
      ({ content }, { raw, close }) => {
        raw(data(u16(500), response(content)));
        close();
      },
      "malformed",
      "of 500 bytes",
    ],
    ["an end without an answer", (_query, { close }) => close(), "network", "without an answer"],
  ];
  test.each(broken)("%s", async (_name, respond, reason, detail) => {
    const result = await ask(respond, options);
    expect(verdictOf(result)).toBe(reason);
    expect(detailOf(result)).toContain(detail);
  });

  test("silence, and a length that never comes, until the deadline", async () => {
    const first = new AbortController();
    const silent = await ask(() => first.abort(), options, { signal: first.signal });
    expect(`${verdictOf(silent)}: ${detailOf(silent)}`).toBe(
      "timeout: no answer before the deadline, only 0 bytes",
    );
    const second = new AbortController();
    const slow = await ask(
      ({ content }, { raw }) => {
        raw(data(u16(65_535), content));
        setTimeout(() => second.abort(), 300);
      },
      options,
      { signal: second.signal },
    );
    expect(`${verdictOf(slow)}: ${detailOf(slow)}`).toMatch(
      /^timeout: no answer before the deadline, only \d\d of 65535 bytes$/,
    );
  });
});

describe("over TLS", () => {
  test("the certificate is exported, and a wrong one fails the probe before anything is sent", async () => {
    const right = await ask(answering(), TLS);
    expect(valueIn(right, "probe_ssl_earliest_cert_expiry")).toBeGreaterThan(Date.now() / 1000);
    const wrong = await ask(answering(), { ...TLS, tls_config: {} });
    expect(verdictOf(wrong)).toBe("certificate");
    expect(valueIn(wrong, "probe_ssl_earliest_cert_expiry")).toBe(
      valueIn(right, "probe_ssl_earliest_cert_expiry"),
    );
    expect(valueIn(wrong, 'probe_dns_duration_seconds{phase="request"}')).toBe(0);
    expect(wrong.received).toEqual([]);
  });

  test("the server has to have the name of the target, or that of tls_config", async () => {
    const tls_config = { ca: certificate.cert, server_name: "other.test" };
    const result = await ask(answering(), { ...TLS, tls_config });
    expect(detailOf(result)).toContain("the certificate is not for other.test");
  });

  test("a server that waits for a query without TLS", async () => {
    const result = await probe(`127.0.0.1:${port()}`, TLS, { signal: AbortSignal.timeout(300) });
    expect(verdictOf(result)).toBe("timeout_connect");
  });
});

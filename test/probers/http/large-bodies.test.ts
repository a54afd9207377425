import type { ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { DEFAULT_RESPONSE_MEMORY, responseMemory } from "../../../src/probers/response-memory.ts";
import { startExporter } from "../../helpers/exporter.ts";
import { serveHttp } from "../../helpers/http-targets.ts";
import { waitUntil } from "../../helpers/process.ts";
import { detailOf, probe, valueIn, verdictOf } from "./probe.ts";

const MIB = 2 ** 20;

afterEach(() => {
  const { held, waiting } = responseMemory.counts();
  if (held + waiting > 0) throw new Error(`${held} bytes are held, and ${waiting} answers wait`);
  responseMemory.setTotal(DEFAULT_RESPONSE_MEMORY);
});

/** Sends `mib` MiB, and then the word `end`, to a client that reads. */
function send(response: ServerResponse, mib: number): void {
  const chunk = Buffer.alloc(MIB, "all is well ");
  const next = (left: number): void => {
    if (left === 0) response.end("end");
    else if (response.write(chunk)) setImmediate(next, left - 1);
    else response.once("drain", () => next(left - 1));
  };
  next(mib);
}

describe("a body above the default limit", () => {
  test.each([
    ["an expression that must not match", { fail_if_body_matches_regexp: ["broken"] }],
    ["an expression that must match", { fail_if_body_not_matches_regexp: ["well"] }],
    ["an expression that makes degraded", { degraded_if_body_matches_regexp: ["broken"] }],
    ["CEL", { fail_if_body_json_matches_cel: "body.x" }],
    ["metrics", { metrics: [{ name: "x", help: "X", json: "x" }] }],
    ["an expression, compressed", { compression: "gzip", fail_if_body_matches_regexp: ["broken"] }],
  ])("fails for %s, also if what was read is well", async (name, options) => {
    const bomb = gzipSync(Buffer.alloc(11 * MIB, "all is well "));
    await using server = await serveHttp((_request, response) =>
      name.endsWith("compressed") ? void response.end(bomb) : send(response, 11),
    );
    const result = await probe(`http://${server.host}/`, options);
    expect(verdictOf(result)).toBe("too_large");
    expect(detailOf(result)).toBe(
      "the body is longer than 10485760 bytes, the default of body_size_limit for bodies that rules read",
    );
  });

  test("is counted to its end without rules", async () => {
    await using server = await serveHttp((_request, response) => send(response, 70));
    const result = await probe(`http://${server.host}/`);
    expect(verdictOf(result)).toBe("success");
    expect(valueIn(result, "probe_http_uncompressed_body_length")).toBe(70 * MIB + 3);
  });

  test("is judged to its end with a larger body_size_limit", async () => {
    await using server = await serveHttp((_request, response) => send(response, 12));
    const at = `http://${server.host}/`;
    const options = { body_size_limit: "20MB" };
    const good = await probe(at, { ...options, fail_if_body_not_matches_regexp: ["end$"] });
    expect(verdictOf(good)).toBe("success");
    const bad = await probe(at, { ...options, fail_if_body_matches_regexp: ["end$"] });
    expect(verdictOf(bad)).toBe("body_mismatch");
    expect(detailOf(bad)).toBe("the body matches end$");
  });

  test.each(["0", "1GB"])(
    "is never longer than the memory for all answers, with body_size_limit %s",
    async (limit) => {
      responseMemory.setTotal(2 * MIB);
      await using server = await serveHttp((_request, response) => send(response, 3));
      const options = { body_size_limit: limit, fail_if_body_matches_regexp: ["broken"] };
      const result = await probe(`http://${server.host}/`, options);
      expect(verdictOf(result)).toBe("too_large");
      expect(detailOf(result)).toContain("limits.response_memory");
    },
  );
});

describe("the memory for answers", () => {
  test("is shared: eight bodies are read in turns, and all are judged", async () => {
    responseMemory.setTotal(12 * MIB);
    await using server = await serveHttp((_request, response) => send(response, 4));
    let most = 0;
    const watching = setInterval(() => {
      most = Math.max(most, responseMemory.counts().held);
    }, 1);
    const options = { fail_if_body_not_matches_regexp: ["end$"] };
    const settings = { signal: AbortSignal.timeout(60_000) };
    const results = await Promise.all(
      Array.from({ length: 8 }, () => probe(`http://${server.host}/`, options, settings)),
    );
    clearInterval(watching);
    expect(results.map(verdictOf)).toEqual(Array.from({ length: 8 }, () => "success"));
    expect(most).toBeLessThanOrEqual(12 * MIB);
    expect(most).toBeGreaterThan(4 * MIB);
  });

  test("that others hold until the deadline is the exporter's fault; small bodies are judged meanwhile", async () => {
    responseMemory.setTotal(10 * MIB);
    const held: ServerResponse[] = [];
    await using server = await serveHttp((request, response) => {
      if (request.url === "/hold") {
        held.push(response);
        response.write(Buffer.alloc(9 * MIB, "x"));
      } else if (request.url === "/large") send(response, 9);
      else response.end("end");
    });
    const options = { fail_if_body_not_matches_regexp: ["end$"] };
    const at = (path: string): string => `http://${server.host}${path}`;
    const holding = probe(at("/hold"), options, { signal: AbortSignal.timeout(60_000) });
    await waitUntil("the first body", () => (responseMemory.counts().held > 8 * MIB ? true : undefined));
    const late = await probe(at("/large"), options, { signal: AbortSignal.timeout(500) });
    expect([verdictOf(late), detailOf(late)]).toEqual([
      "queue_timeout",
      "other answers took up limits.response_memory until the deadline, so that this one could not be read",
    ]);
    expect(verdictOf(await probe(at("/small"), options))).toBe("success");
    held[0]?.end("end");
    expect(verdictOf(await holding)).toBe("success");
    expect(verdictOf(await probe(at("/large"), options))).toBe("success");
  });

  test("is given back by bodies that break off, are cut off or are too long", async () => {
    await using server = await serveHttp((request, response) => {
      response.write(Buffer.alloc(2 * MIB, "x"));
      if (request.url === "/broken") setTimeout(() => response.destroy(), 50);
      if (request.url === "/long") send(response, 20);
    });
    const options = { fail_if_body_matches_regexp: ["broken"] };
    const verdicts = await Promise.all(
      ["/broken", "/long", "/stuck"].map(async (path) =>
        verdictOf(
          await probe(`http://${server.host}${path}`, options, { signal: AbortSignal.timeout(1000) }),
        ),
      ),
    );
    expect(verdicts).toEqual(["network", "too_large", "timeout"]);
  });
});

describe("rules that take long", () => {
  /** Takes an hour: one loop over all numbers in another. */
  const SLOW = "body.exists(a, body.exists(b, a + b < 0))";
  const NUMBERS = JSON.stringify(Array.from({ length: 200_000 }, (_, i) => i));

  test("end at the deadline of their probe, and others are judged after it", async () => {
    await using server = await serveHttp((_request, response) => void response.end(NUMBERS));
    const at = `http://${server.host}/`;
    const slow = probe(at, { fail_if_body_json_matches_cel: SLOW }, { signal: AbortSignal.timeout(1000) });
    const other = probe(
      at,
      { fail_if_body_json_not_matches_cel: "body.size() == 200000" },
      { signal: AbortSignal.timeout(60_000) },
    );
    const [late, good] = await Promise.all([slow, other]);
    expect([verdictOf(late), detailOf(late)]).toEqual([
      "queue_timeout",
      "the exporter had no time to judge the answer before the deadline",
    ]);
    expect(verdictOf(good)).toBe("success");
  });

  test("do not hold up this thread", async () => {
    await using server = await serveHttp((_request, response) => void response.end(NUMBERS));
    const options = { fail_if_body_json_matches_cel: SLOW };
    const progress = { isOver: false };
    const slow = probe(`http://${server.host}/`, options, { signal: AbortSignal.timeout(1500) }).finally(
      () => {
        progress.isOver = true;
      },
    );
    let turns = 0;
    while (!progress.isOver) {
      await pause(1);
      turns += 1;
    }
    await slow;
    expect(turns).toBeGreaterThan(50);
  });

  test("do not count in the duration of the probe", async () => {
    await using server = await serveHttp((_request, response) => void response.end(NUMBERS));
    const options = { fail_if_body_json_matches_cel: SLOW };
    const result = await probe(`http://${server.host}/`, options, { signal: AbortSignal.timeout(3000) });
    expect(result.duration).toBeLessThan(1.5);
  });

  test("fail for JSON that takes far more memory than text", async () => {
    await using server = await serveHttp(
      (_request, response) => void response.end(`[${"[],".repeat(1.2e6)}1]`),
    );
    const result = await probe(`http://${server.host}/`, {
      fail_if_body_json_matches_cel: "body.size() < 3",
    });
    expect([verdictOf(result), detailOf(result)]).toEqual([
      "too_large",
      "the JSON has more than 1000000 arrays and objects",
    ]);
  });
});

test("long and short bodies have the same verdicts and values", async () => {
  const metrics = [
    { name: "n", help: "N", json: "n", fail_above: 7 },
    { name: "word", help: "W", regexp: "word: (?P<value>\\d+) (?P<unit>\\w+)" },
    { name: "length", help: "L", header: "Content-Length" },
  ];
  const rows = [
    {},
    { fail_if_body_matches_regexp: ["b.d"] },
    { fail_if_body_not_matches_regexp: ["b.d"] },
    { degraded_if_body_matches_regexp: ["b.d"] },
    { degraded_if_body_json_matches_cel: 'body.state == "bad"' },
    { fail_if_body_json_matches_cel: 'body.state == "bad"' },
    { fail_if_body_json_not_matches_cel: "body.missing" },
    { valid_status_codes: [500] },
  ];
  const texts = ['{"state":"bad","n":5,"t":"word: 3 s"', '{"state":"good","n":9', "no JSON, word: 4 s"];
  for (const text of texts) {
    const close = text.startsWith("{") ? "}" : "";
    const [short, long] = [`${text}${close}`, `${text}${" ".repeat(100_000)}${close}`];
    await using server = await serveHttp(
      (request, response) => void response.end(request.url === "/long" ? long : short),
    );
    for (const options of rows) {
      const seen = async (path: string) => {
        const { outcome, degraded, samples } = await probe(`http://${server.host}${path}`, {
          ...options,
          metrics,
        });
        const values = samples
          .filter(({ metric }) => !metric.name.startsWith("probe_") && metric.name !== "length")
          .map(({ metric, value, labels }) => [metric.name, value, labels]);
        return { outcome: { ...outcome, detail: undefined }, degraded, values };
      };
      expect(await seen("/long")).toEqual(await seen("/short"));
    }
  }
});

test("a real exporter answers while it judges large bodies", async () => {
  await using server = await serveHttp((_request, response) => send(response, 9));
  const yaml = `modules: { web: { prober: http, timeout: 60s, http: { fail_if_body_matches_regexp: ['(?i)(\\w+\\s+){1,30}broken'] } } }`;
  await using exporter = await startExporter({ yaml });
  const progress = { isOver: false };
  const probing = Promise.all(
    Array.from({ length: 4 }, () => exporter.get(`/probe?module=web&target=${server.host}`)),
  ).finally(() => {
    progress.isOver = true;
  });
  let answers = 0;
  while (!progress.isOver) {
    await exporter.get("/-/healthy");
    answers += 1;
  }
  for (const text of await probing) expect(text).toContain("\nprobe_success 1\n");
  expect(answers).toBeGreaterThan(20);
}, 120_000);

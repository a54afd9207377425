import { readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ConfigError } from "../../../src/config/document/problems.ts";
import { loadConfigText } from "../../../src/config/load.ts";
import { probers } from "../../../src/probers/index.ts";
import { compileRegexp } from "../../../src/probers/regexp.ts";
import { serveHttp } from "../../helpers/http-targets.ts";
import { compile, detailOf, exposed, moduleOf, probe, verdictOf } from "./probe.ts";

const answer =
  (body: string, headers: Record<string, string> = {}, status = 200) =>
  (_request: unknown, response: ServerResponse): void =>
    void response.writeHead(status, headers).end(body);

const QUEUES = JSON.stringify({ queues: { mail: { length: 3 }, 'print "a"': { length: 17 } }, ratio: 0.5 });

const header = (more: object = {}) => [{ header: "x-state", regexp: "late", ...more }];
const lengths = (more: object) => [
  { name: "queue_length", help: "Messages", json: "queues.*.length", step_labels: ["queue"], ...more },
];
const ratio = (more: object) => [{ name: "hit_ratio", help: "Ratio", json: "ratio", ...more }];

interface Row {
  readonly name: string;
  readonly options: Record<string, unknown>;
  readonly answer: ReturnType<typeof answer>;
  /** `healthy`, `REASON: DETAIL` of what makes it degraded, or `failed REASON: DETAIL`. */
  readonly want: string;
}

const rows: readonly Row[] = [
  {
    name: "a body that matches",
    options: { degraded_if_body_matches_regexp: ["never", "lat."] },
    answer: answer("running late"),
    want: "body_mismatch: the body matches lat.",
  },
  {
    name: "a body that does not match",
    options: { degraded_if_body_not_matches_regexp: ["running", "on time"] },
    answer: answer("running late"),
    want: "body_mismatch: the body does not match on time",
  },
  {
    name: "a body without an objection",
    options: { degraded_if_body_matches_regexp: ["never"], degraded_if_body_not_matches_regexp: ["late"] },
    answer: answer("running late"),
    want: "healthy",
  },
  {
    name: "an empty body",
    options: { degraded_if_body_not_matches_regexp: ["late"] },
    answer: answer("", {}, 204),
    want: "body_mismatch: the body does not match late",
  },
  {
    name: "a header that matches",
    options: { degraded_if_header_matches: header() },
    answer: answer("", { "X-State": "late" }),
    want: "header_mismatch: the header x-state matches late",
  },
  {
    name: "a header that does not match",
    options: { degraded_if_header_not_matches: header() },
    answer: answer("", { "X-State": "fine" }),
    want: "header_mismatch: the header x-state does not match late",
  },
  {
    name: "a header that is missing",
    options: { degraded_if_header_matches: header() },
    answer: answer(""),
    want: "header_mismatch: the response has no header x-state",
  },
  {
    name: "a header that may be missing",
    options: { degraded_if_header_matches: header({ allow_missing: true }) },
    answer: answer(""),
    want: "healthy",
  },
  {
    name: "an expression that is true",
    options: { degraded_if_body_json_matches_cel: "body.ratio < 0.9" },
    answer: answer(QUEUES),
    want: "body_mismatch: the body matches the CEL expression body.ratio < 0.9",
  },
  {
    name: "an expression that is not true",
    options: { degraded_if_body_json_not_matches_cel: "body.ratio > 0.9" },
    answer: answer(QUEUES),
    want: "body_mismatch: the body does not match the CEL expression body.ratio > 0.9",
  },
  {
    name: "an expression without an objection",
    options: { degraded_if_body_json_matches_cel: "body.ratio > 0.9" },
    answer: answer(QUEUES),
    want: "healthy",
  },
  {
    name: "an expression about a missing field",
    options: { degraded_if_body_json_matches_cel: "body.missing > 0.9" },
    answer: answer(QUEUES),
    want: "body_mismatch: the CEL expression body.missing > 0.9 cannot be evaluated: No such key: missing",
  },
  {
    name: "an expression about a body that is not JSON",
    options: { degraded_if_body_json_matches_cel: "body.ratio > 0.9" },
    answer: answer("<html>"),
    want: `body_mismatch: the body is not JSON: Unexpected token '<', "<html>" is not valid JSON`,
  },
  {
    name: "a rule that fails beside one that degrades",
    options: { fail_if_body_matches_regexp: ["late"], degraded_if_body_matches_regexp: ["late"] },
    answer: answer("late"),
    want: "failed body_mismatch: the body matches late",
  },
  {
    name: "a wrong status beside a rule that degrades",
    options: { degraded_if_body_matches_regexp: ["late"] },
    answer: answer("late", {}, 503),
    want: "failed http_status: status 503, want 2xx",
  },
  {
    name: "a wrong version beside a rule that degrades",
    options: { valid_http_versions: ["HTTP/2.0"], degraded_if_body_matches_regexp: ["late"] },
    answer: answer("late"),
    want: "failed header_mismatch: version HTTP/1.1, want HTTP/2.0",
  },
  {
    name: "a body beyond the limit",
    options: { body_size_limit: "3B", degraded_if_body_matches_regexp: ["on time"] },
    answer: answer("late"),
    want: "failed too_large: the body is longer than 3 bytes",
  },
  {
    name: "a redirect whose body is not read",
    options: {
      follow_redirects: false,
      valid_status_codes: [302],
      degraded_if_body_matches_regexp: ["never"],
    },
    answer: answer("", { Location: "/" }, 302),
    want: "body_mismatch: the body was not read: redirects are not followed",
  },
  {
    name: "headers before the body",
    options: { degraded_if_header_matches: header(), degraded_if_body_matches_regexp: ["late"] },
    answer: answer("late", { "X-State": "late" }),
    want: "header_mismatch: the header x-state matches late",
  },
  {
    name: "a number above warn_above",
    options: { metrics: lengths({ warn_above: 10 }) },
    answer: answer(QUEUES),
    want: String.raw`threshold: queue_length{queue="print \"a\""} is 17, want at most 10`,
  },
  {
    name: "a number at warn_above",
    options: { metrics: lengths({ warn_above: 17 }) },
    answer: answer(QUEUES),
    want: "healthy",
  },
  {
    name: "a number below warn_below",
    options: { metrics: lengths({ warn_below: 4 }) },
    answer: answer(QUEUES),
    want: `threshold: queue_length{queue="mail"} is 3, want at least 4`,
  },
  {
    name: "a number at warn_below",
    options: { metrics: lengths({ warn_below: 3 }) },
    answer: answer(QUEUES),
    want: "healthy",
  },
  {
    name: "a number above fail_above",
    options: { metrics: lengths({ warn_above: 2, fail_above: 10 }) },
    answer: answer(QUEUES),
    want: String.raw`failed body_mismatch: queue_length{queue="print \"a\""} is 17, want at most 10`,
  },
  {
    name: "a number below fail_below",
    options: { metrics: ratio({ fail_below: 0.6 }) },
    answer: answer(QUEUES),
    want: "failed body_mismatch: hit_ratio is 0.5, want at least 0.6",
  },
  {
    name: "a number after its factor",
    options: { metrics: ratio({ factor: 100, warn_above: 49 }) },
    answer: answer(QUEUES),
    want: "threshold: hit_ratio is 50, want at most 49",
  },
  {
    name: "a number in a header",
    options: { metrics: [{ name: "lag_seconds", help: "Lag", header: "x-lag", warn_above: 5 }] },
    answer: answer("", { "X-Lag": "7.5" }),
    want: "threshold: lag_seconds is 7.5, want at most 5",
  },
  {
    name: "a number in a header that fails",
    options: { metrics: [{ name: "lag_seconds", help: "Lag", header: "x-lag", fail_above: 5 }] },
    answer: answer("", { "X-Lag": "7.5" }),
    want: "failed header_mismatch: lag_seconds is 7.5, want at most 5",
  },
  {
    name: "a number in a text",
    options: {
      metrics: [{ name: "lag_seconds", help: "Lag", regexp: "lag=(?P<value>[0-9.]+)", warn_above: 5 }],
    },
    answer: answer("ok lag=6 s"),
    want: "threshold: lag_seconds is 6, want at most 5",
  },
  {
    name: "a boolean",
    options: { metrics: [{ name: "is_primary", help: "Role", json: "primary", warn_below: 1 }] },
    answer: answer(`{"primary": false}`),
    want: "threshold: is_primary is 0, want at least 1",
  },
  {
    name: "a number that is missing",
    options: { metrics: ratio({ warn_above: 1 }) },
    answer: answer("{}"),
    want: "threshold: the response has no number for hit_ratio",
  },
  {
    name: "a missing number with a threshold that fails",
    options: { metrics: ratio({ fail_above: 1 }) },
    answer: answer("<html>"),
    want: "failed body_mismatch: the response has no number for hit_ratio",
  },
  {
    name: "a number that may be missing",
    options: { metrics: ratio({ warn_above: 1, fail_above: 2, allow_missing: true }) },
    answer: answer("{}"),
    want: "healthy",
  },
  {
    name: "a missing number without thresholds",
    options: { metrics: ratio({}) },
    answer: answer("{}"),
    want: "healthy",
  },
  {
    name: "thresholds beside a failed probe",
    options: { metrics: ratio({ fail_above: 0.1, warn_above: 0.1 }) },
    answer: answer(QUEUES, {}, 500),
    want: "failed http_status: status 500, want 2xx",
  },
  {
    name: "rules before thresholds",
    options: { degraded_if_body_matches_regexp: ["queues"], metrics: ratio({ warn_above: 0.1 }) },
    answer: answer(QUEUES),
    want: "body_mismatch: the body matches queues",
  },
  {
    name: "the first of two thresholds",
    options: { metrics: [...ratio({ warn_above: 0.1 }), ...lengths({ warn_above: 1 })] },
    answer: answer(QUEUES),
    want: "threshold: hit_ratio is 0.5, want at most 0.1",
  },
];

test.each(rows)("$name: $want", async ({ options, answer: respond, want }) => {
  await using server = await serveHttp(respond);
  const result = await probe(server.host, options);
  const { degraded } = result;
  if (verdictOf(result) !== "success") {
    expect(`failed ${verdictOf(result)}: ${detailOf(result)}`).toBe(want);
    expect(degraded).toBeUndefined();
  } else {
    expect(degraded === undefined ? "healthy" : `${degraded.reason}: ${degraded.detail}`).toBe(want);
  }
});

describe("a degraded probe", () => {
  test("has the series of a successful one, without those of failures", async () => {
    await using server = await serveHttp(answer("late"));
    const result = await probe(server.host, {
      degraded_if_body_matches_regexp: ["late"],
      degraded_if_body_json_matches_cel: "true",
    });
    const series = exposed(result);
    expect(series.get("probe_failed_due_to_regex")).toBe(0);
    expect(series.has("probe_failed_due_to_cel")).toBe(false);
  });

  test("has every value, also those after the first threshold that is exceeded", async () => {
    await using server = await serveHttp(answer(QUEUES));
    const result = await probe(server.host, {
      metrics: [...ratio({ warn_above: 0 }), ...lengths({ warn_above: 0 })],
    });
    const names = result.samples
      .map(({ metric }) => metric.name)
      .filter((name) => !name.startsWith("probe_"));
    expect(names).toEqual(["hit_ratio", "queue_length", "queue_length"]);
  });
});

test("a threshold is judged beyond the limit of series", () => {
  const { content } = moduleOf({
    metrics: [{ name: "n", help: "N", json: "*", step_labels: ["i"], warn_above: 1 }],
  });
  const body = Buffer.from(JSON.stringify([...Array.from({ length: 1500 }, () => 1), 2]));
  const taken = content.inspect(body, { headers: [], judged: true }).values;
  expect(taken?.samples).toHaveLength(1000);
  expect(taken?.degraded?.detail).toBe(`n{i="1500"} is 2, want at most 1`);
});

test("a number is degraded exactly outside warn, and fails exactly outside fail", () => {
  const numbers = fc.uniqueArray(fc.integer({ min: -50, max: 50 }), { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(numbers, fc.integer({ min: -60, max: 60 }), (chosen, value) => {
      const [fail_below = 0, warn_below = 0, warn_above = 0, fail_above = 0] = chosen.toSorted(
        (a, b) => a - b,
      );
      const metrics = [{ name: "n", help: "N", json: "n", fail_below, warn_below, warn_above, fail_above }];
      const taken = moduleOf({ metrics }).content.inspect(Buffer.from(JSON.stringify({ n: value })), {
        headers: [],
        judged: true,
      }).values;
      expect(taken?.failure !== undefined).toBe(value < fail_below || value > fail_above);
      expect(taken?.degraded !== undefined).toBe(value < warn_below || value > warn_above);
    }),
  );
});

test("thresholds at the same number are accepted", () => {
  const same = { warn_above: 5, fail_above: 5, warn_below: 5, fail_below: 5 };
  expect(compile({ metrics: ratio(same) }).problems).toEqual([]);
});

test("invalid options are reported with their places", async () => {
  const file = join(import.meta.dirname, "../../bad-configs/http/degraded.yml");
  const regexp = (text: string): boolean => {
    try {
      return compileRegexp(text).source === text;
    } catch {
      return false;
    }
  };
  let message = "it loads";
  try {
    loadConfigText(
      readFileSync(file, "utf8"),
      "degraded.yml",
      {},
      { probers, metrics: [], formats: { regexp } },
    );
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    ({ message } = error);
  }
  await expect(`${message.replaceAll(/^.*\/degraded\.yml/gm, "degraded.yml")}\n`).toMatchFileSnapshot(
    file.replace(".yml", ".txt"),
  );
});

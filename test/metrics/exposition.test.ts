import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { catalogue } from "../../src/catalogue/index.ts";
import { sample } from "../../src/core/metric.ts";
import { createExposition } from "../../src/metrics/exposition.ts";
import { llmMetrics } from "../../src/probers/llm/metrics.ts";

describe("createExposition", () => {
  it("groups samples by metric, with HELP and TYPE, in whatever order they are added", () => {
    const exposition = createExposition();
    exposition.add([sample(catalogue.probeSuccess, 1), sample(catalogue.probeDuration, 0.25)], {
      target: "a",
    });
    exposition.add([sample(catalogue.probeSuccess, 0), sample(llmMetrics.tokens, 4, { type: "output" })], {
      target: "b",
    });
    expect(exposition.text()).toBe(`# HELP probe_success ${catalogue.probeSuccess.help}
# TYPE probe_success gauge
probe_success{target="a"} 1
probe_success{target="b"} 0
# HELP probe_duration_seconds ${catalogue.probeDuration.help}
# TYPE probe_duration_seconds gauge
probe_duration_seconds{target="a"} 0.25
# HELP probe_llm_tokens ${llmMetrics.tokens.help}
# TYPE probe_llm_tokens gauge
probe_llm_tokens{target="b",type="output"} 4
`);
  });

  it.each([
    [Number.POSITIVE_INFINITY, "+Inf"],
    [Number.NEGATIVE_INFINITY, "-Inf"],
    [Number.NaN, "NaN"],
    [1e21, "1e+21"],
    [5e-7, "5e-7"],
    [-62_135_596_800, "-62135596800"],
  ])("renders %d as %s", (value, text) => {
    const exposition = createExposition();
    exposition.add([sample(catalogue.probeDuration, value)]);
    expect(exposition.text().split("\n").at(-2)).toBe(`probe_duration_seconds ${text}`);
  });

  it("escapes any label value to one line, so that it can be read back", () => {
    // Halves of surrogate pairs, which no unit of fast-check yields, occur in texts that were cut.
    const codeUnit = fc.oneof(
      fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
      fc.constantFrom("\n", "\r", '"', "\\", "\u2028", "\ud83d", "\udd8a", "\u{1f98a}"),
    );
    fc.assert(
      fc.property(fc.string({ unit: codeUnit }), (type) => {
        const exposition = createExposition();
        exposition.add([sample(llmMetrics.tokens, 1, { type })]);
        const lines = exposition.text().split("\n");
        expect(lines).toHaveLength(4);
        const [, escaped] = /^probe_llm_tokens\{type="(.*)"\} 1$/su.exec(lines[2] ?? "") ?? [];
        if (escaped === undefined) throw new Error(`not the line of a sample: ${lines[2]}`);
        expect(escaped.isWellFormed()).toBe(true);
        const unescaped = escaped.replace(/\\(.)/g, (_all, c: string) => (c === "n" ? "\n" : c));
        expect(unescaped).toBe(type.toWellFormed());
      }),
    );
  });
});

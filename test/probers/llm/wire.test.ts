import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WIRE_FORMATS, wireFormat } from "../../../src/probers/llm/wire/index.ts";
import { bytes, cuts, read } from "./read-answer.ts";
import { recordings } from "./recordings/index.ts";
import { ask, detailOf, maskedExposition, type Options, serve } from "./support.ts";

test("every format is recorded", () => {
  const apis = new Set(recordings.map(({ api }) => api));
  expect(apis).toEqual(new Set(WIRE_FORMATS.map(({ api }) => api)));
});

describe.each(recordings)("$name", ({ name, api, stream, body, says }) => {
  const format = wireFormat(api);
  const whole = bytes(body);

  test("is read as recorded", () => {
    const facts = read([whole], format, stream);
    expect(facts.error).toBeUndefined();
    expect(facts.fault).toBeUndefined();
    expect(facts).toMatchObject({ ended: true, ...says });
  });

  test("is read alike however its bytes are split", () => {
    const expected = read([whole], format, stream);
    expect(
      read(
        Array.from(whole, (byte) => Uint8Array.of(byte)),
        format,
        stream,
      ),
    ).toEqual(expected);
    fc.assert(
      fc.property(cuts(whole), (chunks) => {
        expect(read(chunks, format, stream)).toEqual(expected);
      }),
    );
  });

  test("is not read as complete if it is cut off", () => {
    const expected = read([whole], format, stream);
    for (let end = 0; end < whole.length; end++) {
      const facts = read([whole.subarray(0, end)], format, stream);
      if (facts.fault !== undefined || facts.error !== undefined) continue;
      // After the end was announced, only counts may be missing.
      if (facts.ended || facts.finish !== undefined) {
        expect({ end, output: facts.output, calls: facts.toolCalls }).toEqual({
          end,
          output: expected.output,
          calls: expected.toolCalls,
        });
      }
    }
  });

  // Tool calls are judged in tools.test.ts.
  if (says.toolCalls !== undefined) return;
  test("makes a successful probe", async () => {
    const address = await serve((response) => {
      response.writeHead(200, {
        "content-type": stream ? "text/event-stream" : "application/json",
      });
      response.end(body);
    });
    const options: Options = {
      api,
      stream,
      ...(api === "openai_embeddings" ? { expect: { dimensions: 3 } } : {}),
    };
    const result = await ask(address, { options, target: { model: "m" } });
    expect(detailOf(result)).toBe("");
    expect(result.answered).toBe(true);
    const file = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
    await expect(maskedExposition(result)).toMatchFileSnapshot(`../../golden/llm/${api}-${file}.prom`);
  });
});

describe("reading never throws", () => {
  const fields = [
    ..."type event delta message content error usage model code text choices candidates parts".split(" "),
    ..."output response item token details done tool_calls function arguments finishReason".split(" "),
    ..."prompt_filter_results content_filter_results reasoning_details summary details metadata".split(" "),
    ..."promptFeedback trace guardrail estimated_time innererror".split(" "),
    ..."data embedding status detail output_index index content_block reasoningContent toolUse".split(" "),
  ];
  const anything = fc.jsonValue({ maxDepth: 3 });
  const { node } = fc.letrec((tie) => ({
    node: fc.oneof(
      anything,
      fc.dictionary(fc.constantFrom(...fields), tie("node"), { maxKeys: 5 }),
      fc.array(tie("node"), { maxLength: 3 }),
    ),
  }));
  const typed = (types: readonly string[]): fc.Arbitrary<unknown> =>
    fc
      .tuple(fc.constantFrom(...types), fc.dictionary(fc.constantFrom(...fields), node, { maxKeys: 5 }))
      .map(([type, body]) => ({ ...body, type }));
  /** Returns the values of `type` in the recordings of a format. */
  const typesOf = (api: string): readonly string[] => {
    const bodies = recordings.filter((recording) => recording.api === api).map(({ body }) => body);
    return [
      "error",
      ...new Set(Array.from(bodies.join("").matchAll(/"type": ?"([^"]+)"/g), ([, type]) => type ?? "")),
    ];
  };

  test.each(WIRE_FORMATS.map((format) => ({ format, api: format.api })))("$api", ({ format, api }) => {
    fc.assert(
      fc.property(fc.oneof(node, typed(typesOf(api))), (data) => {
        expect(format.readFrame({ data })).toBeInstanceOf(Array);
        expect(format.readWhole(data)).toBeInstanceOf(Array);
        expect(typeof (format.readError(data, {})?.message ?? "")).toBe("string");
      }),
      { numRuns: 300 },
    );
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), (chunks) => {
        for (const start of ["", "data: ", "{", "\n["]) {
          expect(read([bytes(start), ...chunks], format)).toBeDefined();
          expect(read([bytes(start), ...chunks], format, false)).toBeDefined();
        }
      }),
    );
  });

  test.each(WIRE_FORMATS.map((format) => ({ format, api: format.api })))(
    "$api: JSON nested too deeply for the stack",
    ({ format }) => {
      const deep = `${"[".repeat(50_000)}${"]".repeat(50_000)}`;
      for (const field of fields) {
        expect(() => read([bytes(`{"${field}":${deep}}`)], format)).not.toThrow();
      }
    },
  );
});

import { createServer } from "node:net";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { systemClock } from "../../../src/core/clock.ts";
import { exactly } from "../../../src/core/precision.ts";
import { seconds } from "../../../src/core/units.ts";
import { newValues } from "../../../src/probers/llm/judge/prompt.ts";
import type { LlmModule } from "../../../src/probers/llm/options.ts";
import { receive } from "../../../src/probers/llm/receive.ts";
import { verdictOf } from "../../../src/probers/llm/verdict.ts";
import { bytes, cuts } from "./read-answer.ts";
import { recordings } from "./recordings/index.ts";
import { replies } from "./replies/index.ts";
import { ask, compile, delta, events, listen, type Options, type Reply, serve, usage } from "./support.ts";

interface Body {
  readonly name: string;
  readonly options: Options;
  readonly status: number;
  readonly bytes: Uint8Array;
}

const END = events(delta({}, "stop"), usage({ prompt_tokens: 5, completion_tokens: 9 }), "[DONE]");
const written = (text: string): string => events(...Array.from(text, (content) => delta({ content }))) + END;

/** Streams of OpenAI's API in which something happens where segments may be cut. */
const STREAMS: Readonly<Record<string, string>> = {
  "characters of several bytes": events(delta({ content: "\u{1f98a} 健康 HEALTHY gesünd" })) + END,
  "CRLF and comments": `\ufeff: hi\r\n\r\n${written("HEALTHY").replaceAll("\n", "\r\n")}`,
  CR: written("HEALTHY").replaceAll("\n", "\r"),
  "blank lines before a whole answer":
    '\ufeff\r\n {"choices":[{"message":{"content":"HEALTHY"},"finish_reason":"stop"}]}\n',
  "a last event without its blank line": events(delta({ content: "HEALTHY" }), delta({}, "stop")).trimEnd(),
  "a last event in the middle of its JSON": events(delta({ content: "HEALTHY" }), delta({}, "stop")).slice(
    0,
    -9,
  ),
  "an error behind [DONE]": written("HEALTHY") + events({ error: { message: "x" } }),
  "no JSON behind [DONE]": `${written("HEALTHY")}data: {oops\n\n`,
  "more text behind [DONE]": written("HEALTHY") + written("UNHEALTHY"),
  "an answer behind an error":
    events({ error: { message: "x", code: "rate_limit_exceeded" } }) + written("HEALTHY"),
  "an answer behind no JSON": `data: {oops\n\n${written("HEALTHY")}`,
  "an abort": events(delta({ content: "HEALTHY" }), delta({}, "abort"), "[DONE]"),
  thinking: written("<think>HEALTHY</think>\n\nNO"),
  harmony: written(
    "<|channel|>analysis<|message|>NO<|end|><|start|>assistant<|channel|>final<|message|>HEALTHY",
  ),
  "providers in chunks": events(
    { ...delta({ content: "HEALTHY" }), provider: null },
    { ...delta({}, "stop"), provider: "OpenAI" },
    { ...delta({}), provider: "Other" },
    "[DONE]",
  ),
  "a provider behind [DONE]": written("HEALTHY") + events({ ...delta({}), provider: "Late" }),
  "a limit that is ignored": written("HEALTHY ".repeat(40)),
  "a limit that is ignored in one event":
    events(delta({ content: "HEALTHY ".repeat(40) }), delta({ content: "?" })) + END,
  "no event": ": keep-alive\n\n",
  "white space": "\r\n\r\n ",
  "neither a stream nor JSON": "<html>hello</html>",
};

const bodies: Body[] = [
  ...Object.entries(STREAMS).map(([name, text]) => ({
    name,
    options: { max_tokens: 16, expect: { word: "HEALTHY" } },
    status: 200,
    bytes: bytes(text),
  })),
  ...recordings.map(({ name, api, stream, body }) => ({
    name: `${api}, ${name}`,
    options: { api, stream },
    status: 200,
    bytes: bytes(body),
  })),
];

/** Reads a response in these segments, and returns everything about it except times. */
function verdictOfSegments(module: LlmModule, status: number, segments: readonly Uint8Array[]): object {
  const signal = new AbortController().signal;
  const reception = receive(module, { signal, clock: systemClock });
  reception.receiver.head(status, {});
  const enough = segments.some((segment, i) => reception.receiver.data(segment, exactly(seconds(i))));
  const exchange = {
    start: seconds(0),
    end: exactly(seconds(segments.length)),
    phases: {},
    progress: "answering",
    ending: { kind: enough ? "enough" : "ended" },
  } as const;
  const { answer, ...response } = reception.close(exchange);
  const evidence = {
    ...response,
    answer,
    exchange,
    url: new URL("http://a/"),
    values: newValues(),
    namesModel: true,
    secrets: [],
  };
  const { times, ...said } = answer;
  return { verdict: verdictOf(evidence, module, module.questions.first.judge), said, pieces: times.count };
}

/** Compares the verdict on a body in one segment with that on any split of it. */
function checkSplits({ options, status, bytes: whole }: Body): fc.RunDetails<[Uint8Array[]]> {
  const { module } = compile(options);
  const expected = verdictOfSegments(module, status, [whole]);
  const single = Array.from(whole, (byte) => Uint8Array.of(byte));
  // Each place once, where there are not too many: inside a character, a line end, a marker.
  const step = Math.ceil(whole.length / 400);
  const halves = Array.from(single.keys())
    .filter((at) => at % step === 0)
    .map((at) => [whole.subarray(0, at), whole.subarray(at)]);
  const examples = [single, ...halves].map((segments): [Uint8Array[]] => [segments]);
  const property = fc.property(cuts(whole), (segments) =>
    isDeepStrictEqual(verdictOfSegments(module, status, segments), expected),
  );
  return fc.check(property, { examples, numRuns: examples.length + 60 });
}

describe("the verdict is the same however the answer is cut into segments", () => {
  test.each(bodies)("$name", (body) => {
    expect(checkSplits(body)).toMatchObject({ failed: false });
  });
});

describe("the verdict on a reply is the same however it is cut into segments", () => {
  /** Returns the reply's status and bytes as a client receives them. */
  async function bodyOf(name: string, reply: Reply, options: Options): Promise<Body> {
    const response = await fetch(await serve(reply), { method: "POST", body: "{}" });
    return { name, options, status: response.status, bytes: new Uint8Array(await response.arrayBuffer()) };
  }
  test.each(replies)("$api, $name", async ({ api, name, reply, options }) => {
    const body = await bodyOf(name, reply, { api, ...options });
    expect(checkSplits(body)).toMatchObject({ failed: false });
  });
});

test.each(bodies)(
  "the verdict is the same over a real connection: $name",
  async ({ options, bytes: whole }) => {
    const { module } = compile(options);
    const outcomes = new Set<string>();
    const splits = [[whole], ...fc.sample(cuts(whole), { numRuns: 4, seed: whole.length })];
    for (const segments of splits) {
      const server = createServer({ noDelay: true }, (socket) => {
        socket.on("error", () => undefined);
        socket.once("data", () => {
          socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${whole.length}\r\nconnection: close\r\n\r\n`);
          const next = (i: number): void => {
            const segment = segments[i];
            if (segment === undefined) socket.end();
            else socket.write(segment, () => setImmediate(next, i + 1));
          };
          next(0);
        });
      });
      const { outcome, answered } = await ask(await listen(server), { module, target: { model: "m" } });
      outcomes.add(JSON.stringify({ outcome, answered }));
    }
    expect([...outcomes]).toHaveLength(1);
  },
);

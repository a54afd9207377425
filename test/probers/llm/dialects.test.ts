import { createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { catalogue } from "../../../src/catalogue/index.ts";
import { manualClock } from "../../helpers/clock.ts";
import { countCpuTime } from "../../helpers/cpu-time.ts";
import {
  ask,
  completion,
  delta,
  detailOf,
  events,
  json,
  listen,
  maskedExposition,
  type Options,
  type Reply,
  reasonOf,
  serve,
  streamed,
  usage,
  valueOf,
} from "./support.ts";

/** What servers really send and no mock produces: bytes exactly as written here. */
interface Row {
  readonly name: string;
  readonly reply: Reply;
  readonly reason: string;
  readonly answered?: boolean;
  readonly options?: Options;
  readonly timeout?: number;
  /** Its exposition is kept, as it shows something that no outcome of the mock does. */
  readonly golden?: true;
}

const DONE = "[DONE]";
const HEALTHY = [delta({ content: "HEAL" }), delta({ content: "THY" }), delta({}, "stop")];

const rows: readonly Row[] = [
  {
    name: "null content in the first chunk",
    reply: streamed(events(delta({ role: "assistant", content: null }), ...HEALTHY, DONE)),
    reason: "ok",
  },
  {
    name: "usage in a last chunk without choices",
    golden: true,
    reply: streamed(events(...HEALTHY, usage({ prompt_tokens: 9, completion_tokens: 3 }), DONE)),
    reason: "ok",
  },
  {
    name: "an empty model and no choices first, as Azure",
    reply: streamed(events({ model: "", choices: [], prompt_filter_results: [{}] }, ...HEALTHY, DONE)),
    reason: "ok",
  },
  {
    name: "reasoning as vLLM streams it",
    reply: streamed(events(delta({ reasoning: "Hm." }), ...HEALTHY, DONE)),
    reason: "ok",
  },
  {
    name: "reasoning as DeepSeek streams it",
    reply: streamed(events(delta({ content: null, reasoning_content: "Hm." }), ...HEALTHY, DONE)),
    reason: "ok",
  },
  {
    name: "content in parts, as Mistral",
    reply: streamed(
      events(
        delta({ content: [{ type: "thinking", thinking: [{ type: "text", text: "Hm." }] }] }),
        delta({ content: [{ type: "text", text: "HEALTHY" }] }, "stop"),
        DONE,
      ),
    ),
    reason: "ok",
  },
  {
    name: "comments between events",
    reply: streamed(
      `: OPENROUTER PROCESSING\n\n: keep-alive\n\n${events(...HEALTHY)}: bye\n\n${events(DONE)}`,
    ),
    reason: "ok",
  },
  {
    name: "lines that end in CRLF",
    reply: streamed(events(...HEALTHY, DONE).replaceAll("\n", "\r\n")),
    reason: "ok",
  },
  { name: "no [DONE] but a finish reason", reply: streamed(events(...HEALTHY)), reason: "ok" },
  {
    name: "nothing after [DONE], and no end",
    reply: (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(events(...HEALTHY, DONE));
    },
    reason: "ok",
    timeout: 2000,
  },
  { name: "plain JSON though a stream was asked for", reply: json(completion("HEALTHY")), reason: "ok" },
  {
    name: "a stream though none was asked for",
    reply: streamed(events(...HEALTHY, DONE)),
    options: { stream: false },
    reason: "ok",
  },
  {
    name: "a stream announced as JSON",
    reply: (response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(events(...HEALTHY, DONE));
    },
    reason: "ok",
  },
  {
    name: "cut after half of the answer",
    golden: true,
    reply: streamed(events(delta({ content: "HEALTHY" }))),
    reason: "stream_error",
    answered: false,
  },
  {
    name: "reset after half of the answer",
    reply: (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(events(delta({ content: "HEALTHY" })), () => response.socket?.resetAndDestroy());
    },
    reason: "stream_error",
    answered: false,
  },
  {
    name: "no event at all",
    reply: streamed(": keep-alive\n\n"),
    reason: "stream_error",
    answered: false,
  },
  {
    name: "stalled in the middle",
    golden: true,
    reply: (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(events(delta({ content: "HEAL" })));
      const alive = setInterval(() => response.write(": keep-alive\n\n"), 20);
      response.on("close", () => clearInterval(alive));
    },
    options: { stall_timeout: "150ms" },
    reason: "stalled",
    answered: false,
  },
  {
    name: "out of time in the middle",
    golden: true,
    reply: (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(events(delta({ content: "HEAL" })));
    },
    timeout: 200,
    reason: "timeout",
    answered: false,
  },
  {
    name: "keep-alive comments but no token",
    reply: (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(": keep-alive\n\n");
    },
    timeout: 200,
    reason: "timeout_first_token",
    answered: false,
  },
  {
    name: "an error inside the stream",
    reply: streamed(events(delta({ content: "HEAL" }), { error: { message: "boom", type: "whatever" } })),
    reason: "stream_error",
    answered: false,
  },
  {
    name: "an error event with a status, as OpenRouter",
    golden: true,
    reply: streamed(
      events({
        id: "gen-1",
        error: { code: 429, message: "slow down" },
        choices: [{ delta: { content: "" }, finish_reason: "error" }],
      }),
    ),
    reason: "rate_limited",
    answered: false,
  },
  {
    name: "a named error event",
    reply: streamed(`event: error\ndata: {"message":"no capacity","type":"overloaded_error"}\n\n`),
    reason: "overloaded",
    answered: false,
  },
  {
    name: "a flat error in HTTP 200, as vLLM",
    reply: json({ object: "error", message: "no such model", type: "NotFoundError", code: 404 }),
    reason: "model_not_found",
    answered: false,
  },
  {
    name: "an error text in HTTP 200",
    reply: json({ error: "model crashed" }),
    options: { stream: false },
    reason: "server_error",
    answered: false,
  },
  {
    name: "no error in spite of a null",
    reply: json({ ...completion("HEALTHY"), error: null }),
    options: { stream: false },
    reason: "ok",
  },
  {
    name: "a refusal",
    golden: true,
    reply: streamed(events(delta({ refusal: "I can't " }), delta({ refusal: "say." }, "stop"), DONE)),
    reason: "refused",
    answered: true,
  },
  {
    name: "a tool call instead of an answer",
    reply: streamed(
      events(delta({ tool_calls: [{ index: 0, function: { name: "f" } }] }, "tool_calls"), DONE),
    ),
    reason: "empty",
    answered: true,
  },
  {
    name: "hidden reasoning that used up all tokens",
    reply: json(completion("", "length")),
    options: { stream: false },
    reason: "truncated",
    answered: true,
  },
  {
    name: "Azure's content filter",
    reply: json({ error: { message: "filtered", code: "content_filter", status: 400 } }, 400),
    reason: "refused",
    answered: false,
  },
  {
    name: "llama.cpp while it loads",
    golden: true,
    reply: json({ error: { code: 503, message: "Loading model", type: "unavailable_error" } }, 503),
    reason: "loading",
    answered: false,
  },
  {
    name: "503 of a proxy",
    reply: json("<html>no backend</html>", 503),
    reason: "server_error",
    answered: false,
  },
  {
    name: "wording that means nothing",
    reply: json(
      [
        {
          error: { code: 429, message: "check your plan and billing details", status: "RESOURCE_EXHAUSTED" },
        },
      ],
      429,
    ),
    reason: "rate_limited",
    answered: false,
  },
  {
    name: "a redirect, not followed",
    golden: true,
    reply: json("", 302, { location: "http://127.0.0.1:1/elsewhere" }),
    reason: "redirect",
    answered: false,
  },
  {
    name: "an error whose body never ends",
    reply: (response) => {
      response.writeHead(429, { "content-type": "application/json" });
      response.write('{"error":');
    },
    timeout: 200,
    reason: "rate_limited",
    answered: false,
  },
  { name: "HTML", reply: json("<html>welcome</html>"), reason: "malformed", answered: false },
  { name: "JSON of something else", reply: json({ status: "ok" }), reason: "malformed", answered: false },
  { name: "JSON that is cut", reply: json('{"choices":[{"mess'), reason: "malformed", answered: false },
  {
    name: "a frame that is no JSON",
    reply: streamed(events(delta({ content: "HEALTHY" }), "{oops")),
    reason: "malformed",
    answered: false,
  },
  {
    name: "deep JSON",
    reply: json(
      `{"choices":${"[".repeat(500_000)}${"]".repeat(500_000)},"error":${"[".repeat(500_000)}${"]".repeat(500_000)}}`,
    ),
    reason: "stream_error",
    answered: false,
  },
  {
    name: "lone surrogates and control characters",
    reply: json(completion("\ud800HEALTHY\u0000\u202e\n")),
    options: { expect: { equals: "no" } },
    reason: "content_mismatch",
    answered: true,
  },
  {
    name: "a line without end",
    reply: (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end(`data: ${"x".repeat(2 ** 20 + 10)}`);
    },
    reason: "too_large",
    answered: false,
  },
  {
    name: "a body without end",
    golden: true,
    reply: (response) => {
      response.writeHead(200, { "content-type": "application/json" });
      const more = (): void => {
        while (!response.destroyed && response.write(`{${" ".repeat(2 ** 16)}`));
      };
      response.on("drain", more);
      more();
    },
    reason: "too_large",
    answered: false,
  },
  {
    name: "no answer but a closed connection",
    golden: true,
    reply: (response) => response.socket?.destroy(),
    reason: "network",
    answered: false,
  },
];

test.each(rows)("$name: $reason", async ({ name, reply, reason, answered, options, timeout, golden }) => {
  const address = await serve(reply);
  const question = { options: options ?? {}, ...(timeout === undefined ? {} : { timeout }) };
  const used = countCpuTime();
  const result = await ask(address, question);

  expect(`${reasonOf(result)} ${detailOf(result)}`).toMatch(new RegExp(`^${reason} `));
  expect(result.answered).toBe(answered ?? true);
  expect(detailOf(result).length).toBeLessThan(700);
  expect(detailOf(result)).toMatch(/^[^\p{Cc}\p{Cf}\p{Cs}]*$/u);
  expect(used()).toBeLessThan(1.5);
  if (golden) {
    const file = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
    await expect(maskedExposition(result)).toMatchFileSnapshot(`../../golden/llm/${file}.prom`);
  }
});

describe("connections that do not come about", () => {
  test("nobody listens: connect", async () => {
    expect(reasonOf(await ask("http://127.0.0.1:1/v1"))).toBe("connect");
  });
  test("a name that does not exist: dns", async () => {
    expect(reasonOf(await ask("http://does-not-exist.invalid/v1"))).toBe("dns");
  });
  test("no TLS where TLS was meant: tls", async () => {
    const address = await serve(json(completion("HEALTHY")));
    expect(reasonOf(await ask(address.replace("http:", "https:")))).toBe("tls");
  });
  test("a handshake that never ends: timeout_connect", async () => {
    const address = await listen(createServer((socket) => socket.on("error", () => undefined)));
    const result = await ask(address.replace("http:", "https:"), { timeout: 200 });
    expect(reasonOf(result)).toBe("timeout_connect");
  });
  test("something else than HTTP: malformed", async () => {
    const address = await listen(createServer((socket) => socket.end("220 mail.example.com ESMTP\r\n")));
    expect(reasonOf(await ask(address))).toBe("malformed");
  });
  test("a deadline that has passed: timeout_connect", async () => {
    expect(reasonOf(await ask("http://127.0.0.1:1/v1", { timeout: 0 }))).toMatch(/timeout_connect|connect/);
  });
});

describe("Retry-After", () => {
  const clock = manualClock();
  const inTenSeconds = new Date((clock.now() + 10) * 1000).toUTCString();
  test.each([
    { name: "seconds", value: "7", wanted: 7 },
    { name: "a date", value: inTenSeconds, wanted: 10 },
    { name: "longer than a day", value: "9999999999", wanted: 86_400 },
  ])("$name", async ({ value, wanted }) => {
    const address = await serve(json({ error: {} }, 429, { "retry-after": value }));
    expect((await ask(address, { clock })).retryAfter).toBe(wanted);
  });
  test.each(["", "soon", "-5", "0", "Wed, 21 Oct 2015 07:28:00 GMT"])("%j says nothing", async (value) => {
    const address = await serve(json({ error: {} }, 503, { "retry-after": value }));
    expect((await ask(address)).retryAfter).toBeUndefined();
  });
});

test("counts of usage are told apart", async () => {
  const counts = {
    prompt_tokens: 40,
    completion_tokens: 30,
    completion_tokens_details: { reasoning_tokens: 20 },
    prompt_tokens_details: { cached_tokens: 32 },
  };
  const result = await ask(await serve(streamed(events(...HEALTHY, usage(counts), DONE))));
  const tokens = ["input", "output", "reasoning", "cached_input"].map((type) =>
    valueOf(result, catalogue.llmTokens, { type }),
  );
  expect(tokens).toEqual([40, 30, 20, 32]);
});

test("counts that are none make no series", async () => {
  const counts = { prompt_tokens: -1, completion_tokens: "many", completion_tokens_details: null };
  const result = await ask(await serve(streamed(events(...HEALTHY, usage(counts), DONE))));
  expect(valueOf(result, catalogue.llmTokens)).toBeUndefined();
});

test("a probe asks once, whatever comes back", async () => {
  for (const status of [302, 408, 429, 500, 502, 503]) {
    let asked = 0;
    const address = await serve((response, body, request) => {
      asked++;
      const headers = { "retry-after": "0", location: request.url ?? "/" };
      json({ error: { message: "again" } }, status, headers)(response, body, request);
    });
    expect((await ask(address)).outcome.ok).toBe(false);
    expect(asked).toBe(1);
  }
});

test("a connection that broke is not tried again", async () => {
  let asked = 0;
  const address = await serve((response) => {
    asked++;
    response.socket?.resetAndDestroy();
  });
  expect(reasonOf(await ask(address, { timeout: 3000 }))).toBe("network");
  expect(asked).toBe(1);
});

test("every probe makes its own connection", async () => {
  const ports = new Set<number | undefined>();
  const address = await serve((response, body, request) => {
    ports.add(request.socket.remotePort);
    json(completion("HEALTHY"))(response, body, request);
  });
  for (let i = 0; i < 3; i++) expect(reasonOf(await ask(address))).toBe("ok");
  expect(ports.size).toBe(3);
});

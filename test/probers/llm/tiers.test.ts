import { describe, expect, test } from "vitest";
import { systemClock } from "../../../src/core/clock.ts";
import { createMemory } from "../../../src/core/memory.ts";
import type { Outcome, ProbeContext, ProbeTarget } from "../../../src/core/prober.ts";
import { llmProber } from "../../../src/probers/llm/prober.ts";
import { openNetwork } from "../../../src/probers/network/network.ts";
import { compile, type Options, serve } from "./support.ts";

const tiers = { health: { path: "/health", interval: "10s" } };

async function askHealth(
  address: string,
  options: Options = {},
  target: Partial<ProbeTarget> = {},
  signal = AbortSignal.timeout(60_000),
  log: ProbeContext["log"] = () => {},
): Promise<Outcome> {
  const { module } = compile({ tiers, ...options });
  const [tier] = module.tiers;
  if (tier === undefined) throw new Error("the module has no tier");
  const probed = { address, configured: true, ...target };
  return llmProber.askTier(probed, module, tier, {
    signal,
    clock: systemClock,
    log,
    memory: createMemory().namespace("test"),
    network: openNetwork({ prober: llmProber, options: module }, probed, signal, systemClock),
  });
}

const reasonOf = (outcome: Outcome): string => (outcome.ok ? "ok" : outcome.reason);

test("a tier sends a GET below the server's root, with the module's credential and query", async () => {
  const requests: unknown[] = [];
  const url = await serve((response, body, { method, url, headers }) => {
    requests.push([method, url, headers.authorization, body]);
    response.end("x".repeat(1e6));
  });
  const options = { api_key: "sk-1", query: { version: "1" } };
  expect(await askHealth(`${url}/v1`, options)).toEqual({ ok: true });
  expect(requests).toEqual([["GET", "/health?version=1", "Bearer sk-1", ""]]);
});

test.each([
  ["a failure status", 503, "http_status"],
  ["a redirect, which is not followed", 302, "http_status"],
  ["an empty success", 204, "ok"],
  ["silence", undefined, "timeout"],
])("a tier judges %s", async (_title, status, reason) => {
  const deadline = new AbortController();
  const url = await serve((response) => {
    if (status === undefined) deadline.abort();
    else response.writeHead(status, { location: "/elsewhere" }).end();
  });
  expect(reasonOf(await askHealth(url, {}, {}, deadline.signal))).toBe(reason);
});

test("a tier fails for a closed port and for a forbidden address", async () => {
  expect(reasonOf(await askHealth("http://127.0.0.1:1"))).toBe("connect");
  expect(reasonOf(await askHealth("http://169.254.169.254"))).toBe("forbidden_target");
  expect(reasonOf(await askHealth("http://127.0.0.1:1", { api_key: "k" }, { configured: false }))).toBe(
    "forbidden_target",
  );
});

test("the path of a tier cannot lead to another server", async () => {
  const paths: (string | undefined)[] = [];
  const url = await serve((response, _body, request) => {
    paths.push(request.url);
    response.end();
  });
  expect(
    reasonOf(await askHealth(url, { tiers: { health: { path: "//example.com/x", interval: "1s" } } })),
  ).toBe("ok");
  expect(paths).toEqual(["//example.com/x"]);
});

/** Options of one tier. */
const tier = (options: object): Options => ({
  tiers: { health: { path: "/v1/models", interval: "10s", ...options } },
});

test.each([
  ["a repository", "meta-llama/Llama-3.1-8B", "/v2/models/meta-llama%2FLlama-3.1-8B/ready"],
  ["a fine-tuned model", "ft:gpt-4o:org::id", "/v2/models/ft%3Agpt-4o%3Aorg%3A%3Aid/ready"],
  ["a query, a fragment and a space", "a?b#c d", "/v2/models/a%3Fb%23c%20d/ready"],
  ["the way up", "../../admin", "/v2/models/..%2F..%2Fadmin/ready"],
  ["a placeholder", "{{model}}", "/v2/models/%7B%7Bmodel%7D%7D/ready"],
])("the model in a path is escaped: %s", async (_title, model, path) => {
  const paths: (string | undefined)[] = [];
  const url = await serve((response, _body, request) => {
    paths.push(request.url);
    response.end();
  });
  const options = tier({ path: "/v2/models/{{ model }}/ready" });
  expect(reasonOf(await askHealth(`${url}/v1`, options, { model }))).toBe("ok");
  expect(paths).toEqual([path]);
});

const list = (...ids: string[]): string => JSON.stringify({ data: ids.map((id) => ({ id })) });

interface Row {
  readonly name: string;
  readonly options: object;
  readonly status?: number;
  readonly body: string;
  readonly reason: string;
  readonly detail?: RegExp;
}

const rows: readonly Row[] = [
  { name: "a listed model", options: { lists_model: true }, body: list("a", "gpt"), reason: "ok" },
  {
    name: "a retired model",
    options: { lists_model: true },
    body: list("gpt-2", "other"),
    reason: "model_not_found",
    detail: /^gpt is not listed; 2 are listed: gpt-2, other$/,
  },
  {
    name: "an empty list",
    options: { lists_model: true },
    body: '{"models":[]}',
    reason: "model_not_found",
    detail: /no model is listed/,
  },
  {
    name: "one of several pages",
    options: { lists_model: true },
    body: '{"data":[{"id":"a"}],"has_more":true}',
    reason: "model_not_found",
    detail: /more on further pages, use a path with \{\{model\}\}/,
  },
  {
    name: "a page that is not a list",
    options: { lists_model: true },
    body: "<html>Welcome</html>",
    reason: "malformed",
    detail: /not a list of models: <html>Welcome/,
  },
  {
    name: "an error with status 200",
    options: { lists_model: true },
    body: '{"error":"no"}',
    reason: "malformed",
  },
  {
    name: "an empty body",
    options: { lists_model: true },
    body: "",
    reason: "malformed",
    detail: /an empty body/,
  },
  {
    name: "a list under a failure status",
    options: { lists_model: true },
    status: 503,
    body: list("gpt"),
    reason: "http_status",
    detail: /HTTP 503/,
  },
  {
    name: "404 for a path with the model",
    options: { path: "/v1/models/{{model}}" },
    status: 404,
    body: "",
    reason: "model_not_found",
    detail: /HTTP 404/,
  },
  { name: "404 for another path", options: {}, status: 404, body: "", reason: "http_status" },
  {
    name: "a match with the model",
    options: { matches: '"name":"{{model}}(:latest)?"' },
    body: '{"name":"gpt:latest"}',
    reason: "ok",
  },
  {
    name: "no match with the model",
    options: { matches: '"name":"{{model}}"' },
    body: '{"name":"gpt-2"}',
    reason: "model_not_found",
    detail: /^no match for "name":"\{\{model\}\}" in: \{"name":"gpt-2"\}$/,
  },
  {
    name: "no match without the model",
    options: { matches: "ready" },
    body: "loading",
    reason: "content_mismatch",
    detail: /no match for ready in: loading/,
  },
  {
    name: "both a list and a match",
    options: { lists_model: true, matches: "ready" },
    body: list("gpt"),
    reason: "content_mismatch",
  },
  {
    name: "a body that is too long",
    options: { matches: "x" },
    body: "x".repeat(5 * 2 ** 20),
    reason: "too_large",
    detail: /longer than 4194304 bytes/,
  },
];

test.each(rows)("a tier that reads the body judges $name: $reason", async (row) => {
  const { options, status = 200, body, reason, detail = /^/ } = row;
  const url = await serve((response) => response.writeHead(status).end(body));
  const outcome = await askHealth(`${url}/v1`, tier(options), { model: "gpt" });
  expect(reasonOf(outcome)).toBe(reason);
  expect(outcome.ok ? "" : outcome.detail).toMatch(detail);
});

test("the model in an expression is literal", async () => {
  const url = await serve((response) => response.end("gptX4 a+b"));
  const asking = (model: string) => askHealth(url, tier({ matches: "^(?:gptX4 )?{{model}}$" }), { model });
  expect(reasonOf(await asking("gpt.4 a+b"))).toBe("model_not_found");
  expect(reasonOf(await asking("a+b"))).toBe("ok");
});

test("an expression names the model of each target", async () => {
  const url = await serve((response) => response.end("[one]"));
  const options = { ...tier({ matches: "\\[{{model}}\\]" }), model: "one" };
  expect(reasonOf(await askHealth(url, options))).toBe("ok");
  expect(reasonOf(await askHealth(url, options, { model: "two" }))).toBe("model_not_found");
});

test("asks for the longest page where servers have pages, unless the module says otherwise", async () => {
  const queries: (string | undefined)[] = [];
  const url = await serve((response, _body, request) => {
    queries.push(request.url);
    response.end(list("gpt"));
  });
  const asking = (options: Options) =>
    askHealth(url, { ...tier({ lists_model: true }), ...options }, { model: "gpt" });
  await asking({ api: "anthropic" });
  await asking({ api: "gemini", query: { pageSize: "3" } });
  await asking({ api: "openai" });
  expect(queries).toEqual(["/v1/models?limit=1000", "/v1/models?pageSize=3", "/v1/models"]);
});

test("a body that is cut off or does not end in time does not pass", async () => {
  const cut = await serve((response) => {
    response.writeHead(200, { "content-length": "1000" });
    response.write(list("gpt"), () => response.destroy());
  });
  expect(reasonOf(await askHealth(cut, tier({ lists_model: true }), { model: "gpt" }))).toBe("network");
  const deadline = new AbortController();
  const slow = await serve((response) => {
    response.write(list("gpt"), () => setImmediate(() => deadline.abort()));
  });
  const outcome = await askHealth(slow, tier({ lists_model: true }), { model: "gpt" }, deadline.signal);
  expect(reasonOf(outcome)).toBe("timeout");
});

test("says why in its log, without the key", async () => {
  const lines: unknown[] = [];
  const url = await serve((response) => response.end('{"echo":"Bearer sk-secret-1"}'));
  const options = { ...tier({ matches: "{{model}}" }), api_key: "sk-secret-1" };
  await askHealth(url, options, { model: "gpt" }, undefined, (_message, fields) => lines.push(fields));
  expect(lines).toMatchObject([
    { status: 200, reason: "model_not_found", detail: expect.stringContaining("<secret>") as unknown },
  ]);
  expect(JSON.stringify(lines)).not.toContain("sk-secret-1");
});

describe("a tier that needs a model", () => {
  const target = { address: "http://127.0.0.1:1", configured: true };
  test.each([
    ["in its path", { path: "/v1/models/{{model}}" }],
    ["in a list", { lists_model: true }],
    ["in an expression", { matches: "{{model}}" }],
  ])("%s refuses a configured target without one", async (_title, options) => {
    const { module } = compile(tier(options));
    const want = "the name of a model, which the tier health needs";
    expect(llmProber.objection(target, module)).toEqual({ part: "model", want });
    expect(llmProber.objection({ ...target, model: "gpt" }, module)).toBeUndefined();
    expect(llmProber.objection(target, compile({ ...tier(options), model: "gpt" }).module)).toBeUndefined();
    // An address of /probe has no tiers.
    expect(llmProber.objection({ ...target, configured: false }, module)).toBeUndefined();
    expect(await askHealth(target.address, tier(options))).toMatchObject({
      ok: false,
      reason: "bad_request",
    });
  });

  test("and another one that does not need it", () => {
    expect(llmProber.objection(target, compile(tier({ matches: "ready" })).module)).toBeUndefined();
  });
});

test.each([
  ["a path", { path: "/v1/{{name}}" }, "tiers.health.path: got {{name}}"],
  ["an expression", { matches: "{{a}} {{model}}" }, "tiers.health.matches: got {{a}}"],
])("an unknown placeholder in %s is refused", (_title, options, problem) => {
  expect(compile(tier(options)).problems).toEqual([`${problem}, want {{model}} as the only placeholder`]);
});

test("an interval of 0 is refused", () => {
  const { problems } = compile({ tiers: { health: { path: "/health", interval: "0s" } } });
  expect(problems).toEqual(["tiers.health.interval: got 0s, want more than 0"]);
});

test("a long body is searched in the thread for long texts, until the deadline of the tier", async () => {
  const body = `${"all is well ".repeat(100_000)}9 gpt ready`;
  const url = await serve((response) => void response.end(body));
  const options = (matches: string): Options => ({ tiers: { health: { ...tiers.health, matches } } });
  expect(await askHealth(url, options("{{model}} ready$"), { model: "gpt" })).toEqual({ ok: true });
  expect(reasonOf(await askHealth(url, options("{{model}} ready$"), { model: "other" }))).toBe(
    "model_not_found",
  );
  const slow = options("(?:[a-z ]{1,25}x?){1,25}9$");
  expect(reasonOf(await askHealth(url, slow, {}, AbortSignal.timeout(1000)))).toBe("queue_timeout");
});

import { expect, test } from "vitest";
import { systemClock } from "../../../src/core/clock.ts";
import { createMemory } from "../../../src/core/memory.ts";
import type { Outcome, ProbeTarget } from "../../../src/core/prober.ts";
import { llmProber } from "../../../src/probers/llm/prober.ts";
import { openNetwork } from "../../../src/probers/network/network.ts";
import { compile, type Options, serve } from "./support.ts";

const tiers = { health: { path: "/health", interval: "10s" } };

async function askHealth(
  address: string,
  options: Options = {},
  target: Partial<ProbeTarget> = {},
  signal = AbortSignal.timeout(60_000),
): Promise<Outcome> {
  const { module } = compile({ tiers, ...options });
  const [tier] = module.tiers;
  if (tier === undefined) throw new Error("the module has no tier");
  const probed = { address, configured: true, ...target };
  return llmProber.askTier(probed, module, tier, {
    signal,
    clock: systemClock,
    log: () => {},
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

test("an interval of 0 is refused", () => {
  const { problems } = compile({ tiers: { health: { path: "/health", interval: "0s" } } });
  expect(problems).toEqual(["tiers.health.interval: got 0s, want more than 0"]);
});

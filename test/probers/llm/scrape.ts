import { createServer } from "node:http";
import type { AddressInfo, Server } from "node:net";
import { createStandIn } from "../../../src/demo/stand-in.ts";
import type { ScrapeFixture } from "../../helpers/scrape-fixture.ts";

const listen = (server: Server): Promise<number> =>
  new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)),
  );

/** Starts a model that streams its tokens with pauses, which a model small enough for a test does not, and another API. */
export default async function start(): Promise<ScrapeFixture> {
  const streaming = createStandIn();
  // The only API that reports how long loading took, behind a gateway that reports rate limits and what it did.
  const ollama = createServer((_req, res) => {
    res.setHeader("x-ratelimit-remaining-requests", "9").setHeader("x-ratelimit-reset-requests", "1s");
    res.setHeader("x-litellm-model-id", "primary").setHeader("x-litellm-attempted-fallbacks", "0");
    res.setHeader("x-litellm-attempted-retries", "0");
    res.end(JSON.stringify({ message: { content: "HEALTHY" }, done: true, load_duration: 1e9 }));
  });
  const [streamingPort, ollamaPort] = await Promise.all([listen(streaming), listen(ollama)]);
  return {
    modules: `  local: { prober: llm, timeout: 2s, probe_details: true, llm: { api: ollama, stream: false, cold_start: { after: 5m } } }
  chat: { prober: llm, timeout: 2s, histograms: [first_token, inter_token], probe_details: true, llm: { api: openai, tiers: { health: { path: /health, interval: 1s } } } }`,
    targets: `  - { name: local, module: local, target: "http://127.0.0.1:${ollamaPort}", model: demo-model, budget: { tokens: 1, dollars: 1, per: day } }
  - { name: tiny, module: chat, target: "http://127.0.0.1:${streamingPort}/v1", model: demo-model, interval: 2s, failover: {} }`,
    async [Symbol.asyncDispose]() {
      streaming.close();
      ollama.close();
    },
  };
}

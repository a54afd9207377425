import { createServer } from "node:https";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { makeCertificate } from "../helpers/certificates.ts";
import { type ExporterProcess, startExporter } from "../helpers/exporter.ts";
import { valueOf } from "../helpers/exposition.ts";
import { serveServer } from "../helpers/http-targets.ts";
import { waitUntil } from "../helpers/process.ts";

const certificate = makeCertificate({
  names: ["IP:127.0.0.1"],
  notAfter: new Date("2100-01-01T00:00:00Z"),
});

/** Starts a gateway that answers under the alias `chat`, like LiteLLM's proxy; the test chooses what serves it. */
async function startGateway() {
  const state = { servedBy: "azure-eu", fallbacks: 0, models: ["chat", "embed"] };
  const server = createServer(certificate, async (request, response) => {
    if (request.method === "GET") {
      response.end(JSON.stringify({ object: "list", data: state.models.map((id) => ({ id })) }));
      return;
    }
    await text(request);
    response.writeHead(200, {
      "content-type": "text/event-stream",
      "x-litellm-model-id": state.servedBy,
      "x-litellm-attempted-fallbacks": String(state.fallbacks),
      "x-litellm-attempted-retries": "0",
    });
    const choice = { index: 0, delta: { content: "HEALTHY" }, finish_reason: "stop" };
    response.end(`data: ${JSON.stringify({ model: "chat", choices: [choice] })}\n\ndata: [DONE]\n\n`);
  });
  return { state, server: await serveServer(server) };
}

const yaml = (port: number) => `
modules:
  gateway:
    prober: llm
    probe_details: true
    timeout: 2s
    llm:
      api: openai
      allowed_served_by: ["azure-.*"]
      tls_config: { ca_file: ca.pem }
      tiers:
        listed: { path: "/v1/models", interval: 1s, lists_model: true }
targets:
  - { name: chat, module: gateway, model: chat, target: "https://127.0.0.1:${port}/v1", interval: 2s, failure_threshold: 1, failover: {} }
`;

const target = { target: "chat", module: "gateway" };

/** Waits until the metrics of configured targets fulfil `holds`. */
const until = (exporter: ExporterProcess, what: string, holds: (metrics: string) => boolean) =>
  waitUntil(what, async () => {
    const metrics = await exporter.get("/metrics?collect[]=targets");
    return holds(metrics) ? metrics : undefined;
  });

/** Waits until the targets have an answer of this deployment, and returns them. */
const targetsWith = (exporter: ExporterProcess, servedBy: string) =>
  waitUntil(`an answer of ${servedBy}`, async () => {
    const facts = await exporter.json("/api/v1/targets");
    return JSON.stringify(facts).includes(`"served_by":"${servedBy}"`) ? facts : undefined;
  });

describe("a gateway with a fallback of its own", () => {
  it("does not hide that the primary is dead, and shows its certificate and its models", async () => {
    const { state, server } = await startGateway();
    await using gateway = server;
    await using exporter = await startExporter({
      yaml: yaml(gateway.port),
      files: { "ca.pem": certificate.cert },
    });
    const well = await until(
      exporter,
      "a healthy answer and a tier",
      (metrics) =>
        valueOf(metrics, "probe_success", target) === 1 &&
        valueOf(metrics, "probe_llm_tier", { ...target, tier: "listed" }) === 1,
    );
    expect(valueOf(well, "probe_llm_served_by_info", { ...target, served_by: "azure-eu" })).toBe(1);
    expect(valueOf(well, "probe_llm_gateway_fallbacks", target)).toBe(0);
    expect(valueOf(well, "probe_llm_gateway_retries", target)).toBe(0);
    expect(valueOf(well, "probe_ssl_earliest_cert_expiry", target)).toBe(4_102_444_800);
    expect(await targetsWith(exporter, "azure-eu")).toMatchObject({
      targets: [
        { response_model: "chat", served_by: "azure-eu", tiers: { listed: { success: true, reason: null } } },
      ],
    });

    Object.assign(state, { servedBy: "openai-us", fallbacks: 1, models: ["embed"] });
    const hidden = await until(
      exporter,
      "fallback",
      (metrics) =>
        valueOf(metrics, "heartbeat_current_mode", { ...target, mode: "fallback" }) === 1 &&
        valueOf(metrics, "probe_failure_reason", { ...target, reason: "model_mismatch" }) === 1 &&
        valueOf(metrics, "probe_llm_tier", { ...target, tier: "listed" }) === 0,
    );
    expect(valueOf(hidden, "probe_llm_served_by_info", { ...target, served_by: "openai-us" })).toBe(1);
    expect(valueOf(hidden, "probe_llm_served_by_info", { ...target, served_by: "azure-eu" })).toBeUndefined();
    expect(valueOf(hidden, "probe_llm_gateway_fallbacks", target)).toBe(1);
    expect(valueOf(hidden, "probe_llm_answer_correct", target)).toBe(1);
    expect(await targetsWith(exporter, "openai-us")).toMatchObject({
      targets: [
        {
          last_failure_reason: "model_mismatch",
          served_by: "openai-us",
          tiers: { listed: { success: false, reason: "model_not_found" } },
        },
      ],
    });
  });
});

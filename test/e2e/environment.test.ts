import { describe, expect, test } from "vitest";
import { type ExporterOptions, runMain, startExporter } from "../helpers/exporter.ts";
import { CLOSED_PORT } from "../helpers/http-targets.ts";

/** Starts an exporter with environment variables alone. */
const startWith = async (env: NonNullable<ExporterOptions["env"]>) =>
  startExporter({ env: { HEARTBEAT_LLM_URL: `http://127.0.0.1:${CLOSED_PORT}/v1`, ...env } });

const TOKEN = { HEARTBEAT_CONTROL_TOKEN: "open sesame" };

async function send(url: string, body?: string): Promise<{ status: number; text: string }> {
  const headers = { Authorization: `Bearer ${TOKEN.HEARTBEAT_CONTROL_TOKEN}` };
  const response = await fetch(url, { method: "POST", headers, ...(body === undefined ? {} : { body }) });
  return { status: response.status, text: await response.text() };
}

describe("an exporter without a file", () => {
  test("names variables where a file would have options", async () => {
    await using exporter = await startWith({ CONTEXT_API_METRICS_ENABLED: "false" });
    expect(await send(`${exporter.url}/config/failover`)).toEqual({
      status: 403,
      text: '{"error":"control routes are off: set HEARTBEAT_CONTROL_TOKEN or HEARTBEAT_CONTROL_TOKEN_FILE to turn them on"}',
    });
    expect(await send(`${exporter.url}/api/v1/components/kafka`)).toEqual({
      status: 403,
      text: '{"error":"components cannot report: set components.token_file in a configuration file, or HEARTBEAT_CONTROL_TOKEN or HEARTBEAT_CONTROL_TOKEN_FILE"}',
    });
    const metrics = await fetch(`${exporter.url}/metrics`);
    expect(await metrics.text()).toBe("/metrics is turned off by CONTEXT_API_METRICS_ENABLED\n");
    const page = await fetch(`${exporter.url}/page/operations`, { headers: { Accept: "text/html" } });
    expect(await page.text()).toContain(
      "Controls are off: set HEARTBEAT_CONTROL_TOKEN or HEARTBEAT_CONTROL_TOKEN_FILE to turn them on.",
    );
  });

  test("takes the control token from a variable, and an empty JSON body on control routes", async () => {
    await using exporter = await startWith(TOKEN);
    for (const body of [undefined, "", "{}", " {\n}\n"]) {
      expect(await send(`${exporter.url}/config/force/fallback`, body)).toMatchObject({ status: 200 });
    }
    expect(await send(`${exporter.url}/config/force/auto`, '{"for":"10m"}')).toEqual({
      status: 400,
      text: '{"error":"body: got 13 bytes, want none or {}: parameters of /config/force/auto go into its path and query"}',
    });
    expect(await exporter.get("/config")).not.toContain(TOKEN.HEARTBEAT_CONTROL_TOKEN);
  });

  test("says without failover how to get it", async () => {
    await using exporter = await startWith({ ...TOKEN, FAILOVER_ENABLED: "false" });
    expect(await send(`${exporter.url}/config/failover`)).toEqual({
      status: 409,
      text: '{"error":"target llm has no failover: set FAILOVER_ENABLED=true"}',
    });
  });

  test.each([
    [
      { HEARTBEAT_LLM_URL: "http://me:hush@localhost/v1" },
      'HEARTBEAT_LLM_URL: got "http://<secret>@localhost/v1", want a URL without user and password (use HEARTBEAT_LLM_API_KEY or headers)',
    ],
    [
      { HEARTBEAT_LLM_URL: "https://api.openai.com/v1" },
      "HEARTBEAT_LLM_MODEL: got nothing, want the name of a model, which api.openai.com needs",
    ],
    [
      { HEARTBEAT_LLM_URL: "https://api.openai.com/v1", HEARTBEAT_LLM_MODEL: "gpt-4o-mini" },
      "warning: HEARTBEAT_LLM_URL: api.openai.com refuses requests without a key, and the module has none (HEARTBEAT_LLM_API_KEY_FILE)",
    ],
    [
      {
        HEARTBEAT_LLM_URL: "http://127.0.0.1:1/v1",
        HEARTBEAT_LLM_URL_2: "https://api.openai.com/v1",
        HEARTBEAT_LLM_MODEL_2: "gpt-4o-mini",
      },
      "warning: HEARTBEAT_LLM_URL_2: api.openai.com refuses requests without a key, and the module has none (HEARTBEAT_LLM_API_KEY_2_FILE)",
    ],
    [
      { HEARTBEAT_LLM_URL: "http://127.0.0.1:1/v1/chat/completions" },
      'HEARTBEAT_LLM_URL: got "http://127.0.0.1:1/v1/chat/completions", want the base URL of the API, without /chat/completions',
    ],
  ])("checks %j in the words of variables", async (env, text) => {
    await using run = runMain(["config", "check"], env);
    await run.exited;
    expect(run.stderr()).toBe(`${text}\n`);
  });

  test("expects no word of an API that answers with a vector", async () => {
    const env = { HEARTBEAT_LLM_URL: "http://127.0.0.1:1/v1", HEARTBEAT_LLM_API: "openai_embeddings" };
    await using run = runMain(["config", "check"], env);
    expect((await run.exited).code).toBe(0);
    expect(run.stderr()).toBe("");
  });

  test("says that messages need a file", async () => {
    await using run = runMain(["notify", "test"], { HEARTBEAT_LLM_URL: "http://127.0.0.1:1/v1" });
    expect((await run.exited).code).toBe(2);
    expect(run.stderr()).toBe("there is no channel: set notify in a configuration file\n");
  });

  test("logs at its start what it adjusted and which variables are unknown", async () => {
    await using exporter = await startWith({
      HEARTBEAT_CHECK_INTERVAL: "2s",
      HEARTBEAT_TIMOUT: "1s",
      HEARTBEAT_EXPORTER_SERVICE_HOST: "10.0.0.1",
      HEARTBEAT_EXPORTER_PORT_8091_TCP_ADDR: "10.0.0.1",
      HEARTBEAT_INCLUDE_DETAILED_STATS: "true",
    });
    const warnings = exporter.process
      .stderr()
      .split("\n")
      .filter((line) => line.includes("level=warn") && line.includes("HEARTBEAT_"));
    expect(warnings.map((line) => /msg="([^"]*)"/.exec(line)?.[1])).toEqual([
      "HEARTBEAT_TIMOUT: unknown variable (did you mean HEARTBEAT_TIMEOUT?)",
      "HEARTBEAT_CHECK_INTERVAL: 2s is shorter than the default timeout of 10s, so the timeout is 2s too (HEARTBEAT_TIMEOUT)",
    ]);
    expect(await exporter.json("/heartbeat/config")).toMatchObject({
      heartbeat: { check_interval: "2s", timeout: "2s" },
    });
  });
});

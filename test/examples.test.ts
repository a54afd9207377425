import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { testCompose } from "./examples/compose.ts";
import { runMain, startExporter } from "./helpers/exporter.ts";
import { parseExposition, valueOf } from "./helpers/exposition.ts";
import { serveHttp } from "./helpers/http-targets.ts";
import { temporaryFolder } from "./helpers/temporary-folder.ts";
import { runTool } from "./helpers/tools.ts";

const folder = fileURLToPath(new URL("../examples", import.meta.url));
const read = (name: string): string => readFileSync(`${folder}/${name}`, "utf8");

/** The test of each example, by its file. */
const TESTED: Readonly<Record<string, () => Promise<void>>> = {
  "exporter.yml": async () => {
    await using keys = await temporaryFolder();
    const key = await keys.write("openai", "sk-of-the-test\n");
    // Nothing is asked of the internet: no probe is due before somebody looks, but for the scheduled one.
    const yaml = read("exporter.yml")
      .replace("/run/secrets/openai", key)
      .replace("api.openai.com", "127.0.0.1:1");
    await using exporter = await startExporter({ yaml });
    const text = await exporter.get("/metrics");
    expect(valueOf(text, "heartbeat_target_info", { target: "gpt", kind: "llm" })).toBe(1);
    expect(valueOf(text, "heartbeat_target_info", { target: "interpreter", critical: "true" })).toBe(1);
    expect(await exporter.get("/config")).not.toContain("sk-of-the-test");
  },

  "compose.yaml": testCompose,

  "money.yml": async () => {
    await using run = runMain(["estimate", `--config.file=${folder}/money.yml`]);
    expect((await run.exited).code).toBe(0);
    expect(run.stdout()).toMatch(/^gpt +chat +gpt-4o-mini +\d+/m);
    // Nothing is asked of the internet.
    const yaml = read("money.yml").replaceAll(
      /https:\/\/api\.openai\.com|localhost:11434/g,
      "http://127.0.0.1:1",
    );
    await using exporter = await startExporter({ yaml: yaml.replaceAll("http://http://", "http://") });
    const text = await exporter.get("/metrics");
    expect(valueOf(text, "heartbeat_llm_budget_remaining_tokens", { target: "gpt" })).toBe(20_000);
    expect(valueOf(text, "heartbeat_llm_budget_remaining_dollars", { target: "gpt" })).toBe(2);
  },

  "kubernaut-alerts.rules.yml": async () => {
    const rules = fileURLToPath(new URL("../rules/tests/kubernaut.test.yml", import.meta.url));
    for (const version of ["bookworm", "newest"] as const) {
      const { code, stdout } = await runTool("promtool", version, ["test", "rules", rules]);
      expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining("SUCCESS") });
    }
    expect(readFileSync(rules, "utf8")).toContain("examples/kubernaut-alerts.rules.yml");
  },

  "prometheus.yml": async () => {
    await using config = await temporaryFolder();
    const file = await config.write("prometheus.yml", read("prometheus.yml"));
    for (const version of ["bookworm", "newest"] as const) {
      const { code, stdout, stderr } = await runTool("promtool", version, ["check", "config", file]);
      expect({ code, said: stdout + stderr }).toMatchObject({
        code: 0,
        said: expect.stringContaining("SUCCESS"),
      });
    }
  },

  "values-from-bodies.yml": async () => {
    const bodies: Readonly<Record<string, string>> = {
      "/petrosa": JSON.stringify({
        components: {
          heartbeat: {
            enabled: true,
            is_running: true,
            interval_seconds: 60,
            heartbeat_count: 10,
            uptime_seconds: 600.0,
          },
        },
      }),
      "/syncer": JSON.stringify({
        Status: "Degraded",
        LatencyMs: 250,
        Components: { "websocket-connection": { Status: "Healthy" }, "sync-engine": { Status: "Degraded" } },
      }),
      "/legacy": "queue mail: 17 waiting\n",
    };
    await using server = await serveHttp((request, response) => {
      response.writeHead(200, { Age: "12" }).end(bodies[request.url ?? ""]);
    });
    await using exporter = await startExporter({ yaml: read("values-from-bodies.yml") });
    const own = async (module: string): Promise<string[]> => {
      const query = new URLSearchParams({ module, target: `http://${server.host}/${module}` }).toString();
      const { series } = parseExposition(await exporter.get(`/probe?${query}`));
      return series
        .filter(({ name }) => name.startsWith(module))
        .map(({ name, labels, value }) =>
          `${name} ${Object.values(labels).join(" ")} ${value}`.replace("  ", " "),
        );
    };
    expect(await own("petrosa")).toEqual([
      "petrosa_heartbeat_count 10",
      "petrosa_heartbeat_uptime_seconds 600",
      "petrosa_heartbeat_is_running 1",
    ]);
    expect(await own("syncer")).toEqual([
      "syncer_component_status websocket-connection Healthy 1",
      "syncer_component_status websocket-connection Degraded 0",
      "syncer_component_status websocket-connection Unhealthy 0",
      "syncer_component_status websocket-connection Unknown 0",
      "syncer_component_status sync-engine Healthy 0",
      "syncer_component_status sync-engine Degraded 1",
      "syncer_component_status sync-engine Unhealthy 0",
      "syncer_component_status sync-engine Unknown 0",
      "syncer_sync_latency_seconds 0.25",
    ]);
    expect(await own("legacy")).toEqual(["legacy_queue_length mail 17", "legacy_cache_age_seconds 12"]);
  },
};

describe("examples", () => {
  it("have a test each", () => {
    const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
    expect(files.map(({ name }) => name).toSorted()).toEqual(Object.keys(TESTED).toSorted());
  });

  it.each(Object.keys(TESTED))("%s does what it says", async (name) => {
    const test = TESTED[name];
    expect(test).toBeTypeOf("function");
    await test?.();
  });

  it("are what the README shows", () => {
    const readme = readFileSync(`${folder}/../README.md`, "utf8");
    for (const name of ["exporter.yml", "prometheus.yml"]) {
      expect(readme).toContain(read(name).split("\n").slice(1).join("\n"));
    }
  });
});

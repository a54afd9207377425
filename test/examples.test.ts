import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { runMain, startExporter } from "./helpers/exporter.ts";
import { parseExposition, valueOf } from "./helpers/exposition.ts";
import { serveHttp } from "./helpers/http-targets.ts";
import { startKubernetes } from "./helpers/kubernetes.ts";
import { waitUntil } from "./helpers/process.ts";
import { temporaryFolder } from "./helpers/temporary-folder.ts";
import { runTool } from "./helpers/tools.ts";

const folder = fileURLToPath(new URL("../examples", import.meta.url));
const read = (name: string): string => readFileSync(`${folder}/${name}`, "utf8");

/** What is looked at of an object of Kubernetes. */
interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly rules?: readonly { readonly verbs: string[]; readonly resourceNames?: string[] }[];
  readonly roleRef?: { readonly name: string };
  readonly subjects?: readonly object[];
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: { readonly template: { readonly spec: object } };
}

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

  "kubernetes-lease": async () => {
    const objects = parseAllDocuments(read("kubernetes-lease/kubernetes.yml")).map(
      (document) => document.toJS() as Manifest,
    );
    const granted = objects
      .filter(({ kind }) => kind === "Role")
      .flatMap(({ metadata, rules = [] }) =>
        rules.flatMap(({ verbs, resourceNames = [""] }) =>
          verbs.flatMap((verb) => resourceNames.map((name) => `${verb} ${metadata.namespace}/${name}`)),
        ),
      );
    const account = { kind: "ServiceAccount", name: "heartbeat-exporter", namespace: "monitoring" };
    for (const { kind, metadata, roleRef, subjects } of objects) {
      if (kind !== "RoleBinding") continue;
      expect(subjects).toEqual([account]);
      const bound = objects.find(
        (other) => other.kind === "Role" && other.metadata.namespace === metadata.namespace,
      );
      expect(roleRef?.name).toBe(bound?.metadata.name);
    }
    const pod = objects.find(({ kind }) => kind === "Deployment")?.spec?.template.spec;
    expect(pod).toMatchObject({ serviceAccountName: account.name });

    await using cluster = await startKubernetes();
    const syncer = { leaseDurationSeconds: 30, renewTime: "2025-09-15T13:30:00.000000Z" };
    cluster.put("kcp/syncer-heartbeat", { ...syncer, holderIdentity: "syncer-1" });
    await using folder = await temporaryFolder();
    const KUBECONFIG = await folder.write("config", cluster.kubeconfig({ namespace: "monitoring" }));
    const key = await folder.write("key", "sk-of-the-test");
    const config = objects.find(({ kind }) => kind === "ConfigMap")?.data?.["exporter.yml"] ?? "";
    const yaml = config
      .replace("/run/secrets/openai/key", key)
      .replace("https://api.openai.com", "http://127.0.0.1:1")
      // A renewal is waited for.
      .replace("duration: 30s", "duration: 3s");
    await using exporter = await startExporter({ yaml, env: { KUBECONFIG } });
    await waitUntil("a renewal", () => (cluster.writes.length > 1 ? true : undefined));
    const text = await exporter.get("/metrics");
    expect(valueOf(text, "heartbeat_exporter_leader")).toBe(1);
    expect(valueOf(text, "heartbeat_up", { heartbeat: "kcp/syncer-heartbeat" })).toBe(1);
    await exporter.process.stop();
    const used = cluster.requests.map(({ verb, lease }) => `${verb} ${lease}`);
    expect([...new Set(used)].toSorted()).toEqual(granted.toSorted());
  },

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
    expect(readdirSync(folder).toSorted()).toEqual(Object.keys(TESTED).toSorted());
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

import { describe, expect, test } from "vitest";
import { serveHttp } from "../helpers/http-targets.ts";
import { startKubernetes } from "../helpers/kubernetes.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { standIn } from "./stand-ins.ts";
import { walk } from "./walk.ts";

/** The pages that a new user follows, and what is seen in the end. */
const PAGES: Readonly<Record<string, readonly RegExp[]>> = {
  "README.md": [/^This is a demonstration/m, /^It is up$/m, /"current_mode":"primary"/],
  "docs/install.md": [/^This is a demonstration/m, /^Healthy$/m, /SUCCESS: \d+ rules found/],
  "docs/start/blackbox-exporter.md": [
    /^probe_success 1$/m,
    /^probe_failure_reason\{reason="connect"\} 1$/m,
    /^probe_success\{.*module="http_2xx"\} 1$/m,
    /SUCCESS: \d+ rules found/,
  ],
  "docs/start/models.md": [
    /^It is up$/m,
    /"current_mode":"primary"/,
    /SUCCESS: \d+ rules found/,
    /team \(slack\): delivered/,
  ],
  "docs/start/homelab.md": [/wiki +http_2xx +ok/, /"status":"online"/, /phone \(ntfy\): delivered/],
  "docs/recipes/ollama-and-clouds.md": [/^ollama$/m, /"use":"ollama"/],
  "docs/recipes/cron-jobs.md": [/"status":"offline"[^]*"cause":"fail"/],
  "docs/recipes/seventeen-services.md": [/^All 7 are up$/m],
  "docs/recipes/kcp-syncer.md": [
    /heartbeat_component_value\{component="sync-engine",name="queue_depth"\} 17/,
  ],
  "docs/recipes/log-heartbeats-in-kubernetes.md": [/heartbeat_log_messages_processed_total\{.*\} /],
};

describe("a new user who follows a page", () => {
  test.each(Object.entries(PAGES))("%s", async (page, expected) => {
    const messages: string[] = [];
    await using others = await serveHttp(standIn((path) => void messages.push(path)));
    await using cluster = await startKubernetes();
    cluster.put("kcp/syncer-heartbeat", {
      holderIdentity: "syncer-1",
      leaseDurationSeconds: 30,
      renewTime: new Date().toISOString().replace("Z", "000Z"),
    });
    await using folder = await temporaryFolder();
    const KUBECONFIG = await folder.write("config", cluster.kubeconfig({ namespace: "kcp" }));
    const local = (text: string): string =>
      text
        .replaceAll(
          /https?:\/\/(?:[\w.-]+\.(?:lan|com|org|sh)|localhost:11434)(?::\d+)?/g,
          `http://${others.host}`,
        )
        .replaceAll(/\b[\w-]+\.lan:\d+/g, others.host)
        .replaceAll("192.168.1.1", "127.0.0.1")
        // Sooner than a user, who reads on meanwhile.
        .replaceAll(/\binterval: (?:30s|1m|5m)/g, "interval: 10s")
        .replaceAll(/\btimeout: (?:10s|30s)/g, "timeout: 5s")
        .replaceAll("127.0.0.1:11434", others.host)
        .replaceAll("/tmp/logs", `${folder.path}/logs`)
        .replaceAll("/etc/prometheus", folder.path);
    const { steps } = await walk(page, { local, env: { KUBECONFIG, HOME: folder.path } });
    const seen = steps.map(({ command, output }) => `$ ${command}\n${output}`).join("\n");
    for (const text of expected) expect(seen).toMatch(text);
  });
});

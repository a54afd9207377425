import { globSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { allMetrics } from "../src/catalogue/index.ts";
import { resultMetrics } from "../src/catalogue/results.ts";
import { FILE_REASONS } from "../src/core/file-errors.ts";
import { NETWORK_REASONS } from "../src/core/network.ts";
import { FAILURE_REASONS, type FailureReason } from "../src/core/reasons.ts";
import { probers } from "../src/probers/index.ts";
import { CONVERSATION_REASONS } from "../src/probers/query-response/reasons.ts";
import { startExporter } from "./helpers/exporter.ts";
import { parseExposition } from "./helpers/exposition.ts";
import { startKubernetes } from "./helpers/kubernetes.ts";
import { waitUntil } from "./helpers/process.ts";
import { startScrapeFixtures } from "./helpers/scrape-fixture.ts";
import { temporaryFolder } from "./helpers/temporary-folder.ts";
import { notification } from "./notify/receiver.ts";

/** Metrics of prom-client about the process and Node.js. */
const FOREIGN = /^(process|nodejs)_/;
/** The list of all metrics, and those of them that have the labels `target` and `module` besides their own. */
const metrics = allMetrics(probers);
const perProbe = new Set([...Object.values(resultMetrics), ...probers.flatMap((prober) => prober.metrics)]);
const SUFFIX = /_(bucket|sum|count)$/;

/** The labels of what depends on something: a target, a push heartbeat, or a heartbeat that the probes of a target find. */
const ownersOf = ({ target, heartbeat }: Readonly<Record<string, string>>) => ({
  target: target !== undefined,
  module: target !== undefined,
  heartbeat: heartbeat !== undefined,
  source: heartbeat !== undefined,
});

describe("the catalogue", () => {
  it("equals a real scrape, both ways", async () => {
    await using resources = new AsyncDisposableStack();
    const fixtures = await startScrapeFixtures();
    for (const fixture of fixtures) resources.use(fixture);
    // A cluster with the lease of the exporter itself.
    const cluster = resources.use(await startKubernetes());
    const store = resources.use(await temporaryFolder());
    const yaml = `
lease: { kubeconfig: kube.json }
control: { token_file: token }
relays: [{ name: phone, token_file: token, url: "http://127.0.0.1:1" }]
actions: [{ name: restart, token_file: token, match: { alertname: Down }, run: [/bin/true], dry_run: true, verify: never }]
maintenance: [{ name: night, targets: [down], heartbeats: [backup], once: { from: 2099-01-01T00:00:00Z, to: 2099-01-02T00:00:00Z } }]
webhooks: [{ name: app, url: "http://127.0.0.1:1", events: [reload] }]
notify: [{ name: phone, ntfy: { url: "http://127.0.0.1:1/topic" } }]
groups: [{ name: all, members: [down], labels: { team: web } }]
routes: [{ name: any, order: [all], labels: { team: web } }]
prices: { demo-model: { input: 1, output: 1 } }
heartbeats:
  - { name: backup, kind: job, schedule: "0 3 * * *", hostname: prod-01, owner: web, labels: { tier: front }, depends_on: [all] }
modules:
  plain: { prober: http, timeout: 2s }
${fixtures.map((fixture) => fixture.modules).join("\n")}
targets:
  - { name: down, module: plain, target: "http://127.0.0.1:1", expected_duration: 1s, alert_thresholds: { uptime_ratio: 0.9 }, labels: { team: web } }
  - { name: behind, module: plain, target: "http://127.0.0.1:1", depends_on: [down] }
${fixtures.map((fixture) => fixture.targets).join("\n")}
`;
    await using exporter = await startExporter({
      yaml,
      args: [`--storage.path=${store.path}/store.db`, "--shard=0", "--total-shards=1"],
      files: {
        ...Object.assign({}, ...fixtures.map(({ files }) => files)),
        "kube.json": cluster.kubeconfig(),
        token: "control-token-of-the-test",
      },
    });
    for (const action of ["/start", "/3", "/start"]) await exporter.get(`/ping/backup${action}`);
    await fetch(`${exporter.url}/api/v1/components/queue`, {
      method: "PUT",
      headers: { Authorization: "Bearer control-token-of-the-test" },
      body: '{"status":"healthy","metrics":{"depth":1}}',
    });
    await fetch(`${exporter.url}/alertmanager/actions/restart`, {
      method: "POST",
      headers: { Authorization: "Bearer control-token-of-the-test" },
      body: notification([{ labels: { alertname: "Down", target: "down" } }]),
    });
    const missingIn = (types: ReadonlyMap<string, string>): readonly string[] =>
      metrics.filter(({ name }) => !types.has(name)).map(({ name }) => name);
    // Some series need more than one probe, or a moment: the lag of the event loop, the settling of an action.
    let missing: readonly string[] = [];
    const { series, types } = await waitUntil("a scrape with every metric", async () => {
      const scrape = parseExposition(await exporter.get("/metrics"));
      missing = missingIn(scrape.types);
      return missing.length === 0 ? scrape : undefined;
    }).catch((error: unknown) => {
      throw new Error(`missing: ${missing.join(", ")}`, { cause: error });
    });

    const byName = new Map(metrics.map((metric) => [metric.name, metric]));
    const unknown = [...types.keys()].filter((name) => !byName.has(name) && !FOREIGN.test(name));
    expect(unknown).toEqual([]);
    expect(missingIn(types)).toEqual([]);

    for (const { name, labels } of series) {
      const metric = byName.get(name) ?? byName.get(name.replace(SUFFIX, ""));
      if (metric === undefined) continue;
      expect(types.get(metric.name)).toBe(metric.type);
      const heard = labels["source"] !== undefined && labels["source"] !== "push";
      const perTarget = perProbe.has(metric) || heard ? ["target", "module"] : [];
      const isDependency = metric.name === "heartbeat_dependency_down";
      const own: Readonly<Record<string, boolean>> = {
        ...(isDependency ? ownersOf(labels) : {}),
        team:
          (metric.name === "heartbeat_target_info" && labels["target"] === "down") ||
          metric.name === "heartbeat_group_info" ||
          metric.name === "heartbeat_route_info",
        tier: metric.name === "heartbeat_info" && labels["source"] === "push",
      };
      const more = Object.keys(own).filter((label) => own[label]);
      const bucket = name.endsWith("_bucket") ? ["le"] : [];
      const wanted = new Set([...perTarget, ...metric.labels, ...more, ...bucket]);
      expect({ name, labels: Object.keys(labels).toSorted() }).toEqual({
        name,
        labels: [...wanted].toSorted(),
      });
    }
  });

  it("is what docs/metrics.md lists", () => {
    const page = readFileSync(new URL("../docs/metrics.md", import.meta.url), "utf8");
    const listed = Array.from(page.matchAll(/^\| `(\w+)` \|/gm), ([, name = ""]) => name);
    expect(listed.toSorted()).toEqual(metrics.map(({ name }) => name).toSorted());
  });

  it("follows the naming conventions of Prometheus", () => {
    for (const { name, type, help } of metrics) {
      expect(name).toMatch(/^(probe|heartbeat)_[a-z0-9_]+$/);
      expect(name.endsWith("_total")).toBe(type === "counter");
      expect(name).not.toMatch(/_(ms|milliseconds|minutes|hours)$/);
      expect(help).toMatch(/^[A-Z0-9].*[^.]$/s);
    }
    expect(new Set(metrics.map(({ name }) => name)).size).toBe(metrics.length);
  });
});

/** Returns the text of the source of a prober, or of a folder that several share. */
function sourceOf(name: string): string {
  const folder = new URL(`../src/probers/${name}/`, import.meta.url);
  return globSync("**/*.ts", { cwd: folder })
    .filter((file) => file !== "reasons.ts" && file !== "schema.ts")
    .map((file) => readFileSync(new URL(file, folder), "utf8"))
    .join("\n");
}

/** The reasons of `reasons` that no line of a source names; those of connections and of files are named elsewhere. */
function unnamed(reasons: readonly FailureReason[], source: string): readonly FailureReason[] {
  const ofFiles = /\b(?:fileError|readTrust)\(/.test(source) ? FILE_REASONS : [];
  const ofConversations = source.includes('"../query-response/') ? CONVERSATION_REASONS : [];
  const shared: ReadonlySet<FailureReason> = new Set([...NETWORK_REASONS, ...ofFiles, ...ofConversations]);
  return reasons.filter((reason) => !shared.has(reason) && !source.includes(`"${reason}"`));
}

it("the reasons of conversations all occur in their source", () => {
  expect(unnamed(CONVERSATION_REASONS, sourceOf("query-response"))).toEqual([]);
});

describe.each(probers)("the reasons of prober $kind", ({ kind, reasons }) => {
  it("are in FAILURE_REASONS, each once", () => {
    expect(reasons.filter((reason) => !FAILURE_REASONS.includes(reason))).toEqual([]);
    expect(new Set(reasons).size).toBe(reasons.length);
  });

  it("all occur in its source, but for those of the network and of files; the compiler rejects others", () => {
    expect(unnamed(reasons, sourceOf(kind.replaceAll("_", "-")))).toEqual([]);
  });
});

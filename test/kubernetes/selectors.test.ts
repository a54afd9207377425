import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { seconds } from "../../src/core/units.ts";
import type { ExporterProcess } from "../helpers/exporter.ts";
import { valueOf } from "../helpers/exposition.ts";
import { waitUntil } from "../helpers/process.ts";
import { type Cluster, startCluster } from "./cluster.ts";
import { startPod } from "./pods.ts";
import { watchEvery } from "./witness.ts";

const EXAMPLES = fileURLToPath(new URL("../../examples/kubernetes-lease", import.meta.url));
const NODES = 500;
const PATH = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";

/** The lease target of examples/kubernetes-lease/node-leases.yml, without the election. */
const CONFIG = `
modules: { nodes: { prober: kubernetes_lease, timeout: 2s, kubernetes_lease: { selector: "" } } }
targets: [{ name: nodes, module: nodes, target: kube-node-lease, interval: 2s }]
`;

/** Requests for Leases that the API server has counted, by verb. */
async function requestCounts(cluster: Cluster): Promise<Record<string, number>> {
  const text = await cluster.kubectl(["get", "--raw", "/metrics"]);
  const counts: Record<string, number> = {};
  for (const [, labels = "", value] of text.matchAll(
    /^apiserver_request_total\{([^}]*resource="leases"[^}]*)\} (\d+)$/gm,
  )) {
    if (!labels.includes('scope="namespace"') && !labels.includes('scope="resource"')) continue;
    const [, verb = ""] = /verb="(\w+)"/.exec(labels) ?? [];
    counts[verb] = (counts[verb] ?? 0) + Number(value);
  }
  return counts;
}

/** Renews the Leases of the nodes in turn, each about every eight seconds, until the returned function is called. */
function renewLeases(cluster: Cluster, silent: ReadonlySet<number>): () => void {
  let next = 0;
  return watchEvery(0.1, async () => {
    const turn = Array.from({ length: NODES / 80 }, () => next++ % NODES);
    await Promise.all(turn.filter((node) => !silent.has(node)).map((node) => renew(cluster, node)));
  });
}

const renewTime = (): string => new Date().toISOString().replace("Z", "000Z");
const renew = (cluster: Cluster, node: number) =>
  cluster.api("PATCH", `${PATH}/node-${node}`, { spec: { renewTime: renewTime() } });

const stateOf = async (exporter: ExporterProcess): Promise<string> => {
  const text = await exporter.get("/metrics");
  const count = (state: string): number => valueOf(text, "heartbeat_leases", { target: "nodes", state }) ?? 0;
  return `${valueOf(text, "probe_success", { target: "nodes" })} ${count("alive")} alive ${count("stale")} stale`;
};
const until = (exporter: ExporterProcess, state: string): Promise<true> =>
  waitUntil(state, async () => ((await stateOf(exporter)) === state ? true : undefined), seconds(120));

test(`one target is for the Leases of ${NODES} nodes, by one list and one watch`, async () => {
  await using cluster = await startCluster();
  await cluster.kubectl(["apply", "-f", `${EXAMPLES}/kubernetes.yml`, "-f", `${EXAMPLES}/node-leases.yml`]);
  for (let node = 0; node < NODES; node += 1) {
    const spec = { holderIdentity: `node-${node}`, leaseDurationSeconds: 40, renewTime: renewTime() };
    const metadata = { name: `node-${node}` };
    const lease = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata, spec };
    expect(await cluster.api("POST", PATH, lease)).toMatchObject({ status: 201 });
  }
  const silent = new Set<number>();
  await using resources = new AsyncDisposableStack();
  resources.defer(renewLeases(cluster, silent));
  const before = await requestCounts(cluster);
  const pod = resources.use(
    await startPod(cluster, {
      namespace: "monitoring",
      name: "nodes-0",
      ip: "127.1.3.1",
      account: "heartbeat-pair",
      config: CONFIG,
      secrets: {},
    }),
  );
  await until(pod.exporter, `1 ${NODES} alive 0 stale`);
  silent.add(17).add(23);
  await until(pod.exporter, `0 ${NODES - 2} alive 2 stale`);
  expect(await pod.exporter.get("/metrics")).toMatch(
    /^heartbeat_lease_up\{[^}]*lease="kube-node-lease\/node-17"[^}]*\} 0$/m,
  );
  // A node that leaves is no failure, and one that is back is alive.
  await cluster.api("DELETE", `${PATH}/node-17`);
  silent.delete(23);
  await until(pod.exporter, `1 ${NODES - 1} alive 0 stale`);
  const after = await requestCounts(cluster);
  const sent = (verb: string): number => (after[verb] ?? 0) - (before[verb] ?? 0);
  // The API server reads and writes a Lease of its own. To call one stale takes a list that shows no renewal either.
  expect(sent("GET")).toBeLessThan(NODES / 10);
  expect(sent("LIST")).toBeLessThan(20);
  console.log(`requests: ${sent("GET")} gets, ${sent("LIST")} lists, ${sent("WATCH")} watches that ended`);

  // An outage of the API server is no silence of the nodes.
  cluster.signal("SIGSTOP");
  await waitUntil(
    "a failure",
    async () => {
      const text = await pod.exporter.get("/metrics");
      return valueOf(text, "probe_success", { target: "nodes" }) === 0 || undefined;
    },
    seconds(120),
  );
  expect(await pod.exporter.get("/metrics")).not.toMatch(/^heartbeat_lease_up\{.*\} 0$/m);
  cluster.signal("SIGCONT");
  await until(pod.exporter, `1 ${NODES - 1} alive 0 stale`);
});

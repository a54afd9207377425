import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { microTime } from "../../src/core/lease.ts";
import { timestamp } from "../../src/core/units.ts";
import { startExporter, terminate } from "../helpers/exporter.ts";
import { valueOf } from "../helpers/exposition.ts";
import { startKubernetes } from "../helpers/kubernetes.ts";
import { waitUntil } from "../helpers/process.ts";

const NODES = 500;
const names = Array.from({ length: NODES }, (_, i) => `node-${String(i).padStart(3, "0")}`);

/** As kubelets do in a fifth of the time: a timeout of 8 s, renewed each 2 s. */
const DURATION = 8;
const RENEWAL_MS = 2000;

test("500 leases of nodes are probed by one list and one watch, and the end closes the watch", async () => {
  await using api = await startKubernetes();
  const alive = new Set(names);
  const renew = (name: string): void =>
    api.put(`kube-node-lease/${name}`, {
      holderIdentity: name,
      leaseDurationSeconds: DURATION,
      renewTime: microTime(timestamp(Date.now() / 1000)),
    });
  for (const name of names) renew(name);
  let next = 0;
  const timer = setInterval(() => {
    for (let i = 0; i < NODES / (RENEWAL_MS / 20); i += 1) {
      const name = names[next % NODES];
      next += 1;
      if (name !== undefined && alive.has(name)) renew(name);
    }
  }, 20);
  try {
    await using exporter = await startExporter({
      yaml: `
modules:
  nodes: { prober: kubernetes_lease, timeout: 2s, kubernetes_lease: { kubeconfig: kube.json, selector: "" } }
targets:
  - { name: nodes, module: nodes, target: kube-node-lease, interval: 2s }
`,
      files: { "kube.json": api.kubeconfig({ token: "watcher" }) },
    });
    const requests = (): Record<string, number> =>
      Object.fromEntries(
        ["list", "watch", "get"].map((kind) => [
          kind,
          api.requests.filter(({ verb }) => verb === kind).length,
        ]),
      );
    await waitUntil("the first probe", async () => {
      const text = await exporter.get("/metrics");
      return valueOf(text, "heartbeat_leases", { state: "alive" }) === NODES ? true : undefined;
    });
    const until = performance.now() + 2 * DURATION * 1000;
    while (performance.now() < until) {
      const text = await exporter.get("/metrics");
      expect(valueOf(text, "heartbeat_leases", { state: "stale" })).toBe(0);
      await pause(500);
    }
    expect(requests()).toEqual({ list: 1, watch: 1, get: 0 });

    alive.delete("node-007");
    api.delete("kube-node-lease/node-008");
    alive.delete("node-008");
    const text = await waitUntil("the stale lease", async () => {
      const metrics = await exporter.get("/metrics");
      return valueOf(metrics, "heartbeat_leases", { state: "stale" }) === 1 ? metrics : undefined;
    });
    const lease = (name: string): number | undefined =>
      valueOf(text, "heartbeat_lease_up", { lease: `kube-node-lease/${name}` });
    expect([lease("node-006"), lease("node-007"), lease("node-008")]).toEqual([1, 0, undefined]);
    expect(await exporter.get("/probe?module=nodes&target=nodes&debug=true")).toMatch(
      /probe failed \(stale\): 1 of 499 leases in kube-node-lease are stale: node-007 \(not renewed for/,
    );
    // The one list that is certain of the silence, and the watch after it.
    expect(requests()).toMatchObject({ list: 2, get: 0 });

    const { exit } = await terminate(exporter);
    expect(exit).toMatchObject({ code: 0 });
    await waitUntil("the end of the watch", () => (api.watches.count() === 0 ? true : undefined));
  } finally {
    clearInterval(timer);
  }
});

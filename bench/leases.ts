import { setTimeout as pause } from "node:timers/promises";
import { microTime } from "../src/core/lease.ts";
import { timestamp } from "../src/core/units.ts";
import { startExporter } from "../test/helpers/exporter.ts";
import { startKubernetes } from "../test/helpers/kubernetes.ts";
import { waitUntil } from "../test/helpers/process.ts";
import { cpuSeconds } from "./cpu.ts";
import { print } from "./statistics.ts";

const NODES = 500;
const INTERVAL = 10;
const MINUTES = 1;

const names = Array.from({ length: NODES }, (_, i) => `node-${String(i).padStart(3, "0")}`);

/**
 * CPU of an exporter that probes the leases of 500 nodes each 10 s, which their kubelets renew as often: by a selector, and one by
 * one. Both are probed by the schedule, and nothing scrapes.
 */
export async function leaseCost(): Promise<void> {
  const idle = await cpuPerInterval("");
  const set = await cpuPerInterval(
    `  - { name: nodes, module: nodes, target: kube-node-lease, interval: ${INTERVAL}s }`,
  );
  const single = await cpuPerInterval(
    names
      .map(
        (name) =>
          `  - { name: ${name}, module: lease, target: kube-node-lease/${name}, interval: ${INTERVAL}s }`,
      )
      .join("\n"),
  );
  const perInterval = (cost: number): string => `${((cost - idle.cpu) * 1000).toFixed(1)} ms`;
  print(
    `CPU per ${INTERVAL} s for ${NODES} leases with all their renewals, by a selector / one by one`,
    `${perInterval(set.cpu)} / ${perInterval(single.cpu)} = ${((set.cpu - idle.cpu) / (single.cpu - idle.cpu)).toFixed(2)}`,
  );
  print(
    `requests per minute for ${NODES} leases, by a selector / one by one`,
    `${(set.requests / MINUTES).toFixed(1)} / ${(single.requests / MINUTES).toFixed(1)}`,
  );
}

/** Returns the CPU seconds per interval, and all requests to the API server, while the exporter probes these targets. */
async function cpuPerInterval(targets: string): Promise<{ cpu: number; requests: number }> {
  await using api = await startKubernetes();
  const renew = (name: string): void =>
    api.put(`kube-node-lease/${name}`, {
      holderIdentity: name,
      leaseDurationSeconds: 4 * INTERVAL,
      renewTime: microTime(timestamp(Date.now() / 1000)),
    });
  for (const name of names) renew(name);
  let next = 0;
  const timer = setInterval(
    () => {
      renew(names[next % NODES] ?? "");
      next += 1;
    },
    (INTERVAL * 1000) / NODES,
  );
  try {
    await using exporter = await startExporter({
      yaml: `
modules:
  nodes: { prober: kubernetes_lease, timeout: 5s, kubernetes_lease: { kubeconfig: kube.json, selector: "" } }
  lease: { prober: kubernetes_lease, timeout: 5s, kubernetes_lease: { kubeconfig: kube.json } }
  page: { prober: http }
targets:
  - { name: page, module: page, target: "http://127.0.0.1:1" }
${targets}
`,
      files: { "kube.json": api.kubeconfig() },
    });
    if (targets !== "") {
      await waitUntil("a probe", async () => {
        const text = await exporter.get("/metrics");
        return /^probe_success\{.*module="(?:nodes|lease)".*\} 1$/m.test(text) ? true : undefined;
      });
    }
    // The start of the process is over.
    await pause(2 * INTERVAL * 1000);
    const sent = api.requests.length;
    const before = cpuSeconds(exporter.process.pid);
    await pause(MINUTES * 60_000);
    const cpu = (cpuSeconds(exporter.process.pid) - before) / ((MINUTES * 60) / INTERVAL);
    return { cpu, requests: api.requests.length - sent };
  } finally {
    clearInterval(timer);
  }
}

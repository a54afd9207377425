import { startKubernetes } from "../../helpers/kubernetes.ts";
import type { ScrapeFixture } from "../../helpers/scrape-fixture.ts";

/** Starts a cluster with a lease, which is probed by its name and by a selector. */
export default async function start(): Promise<ScrapeFixture> {
  const cluster = await startKubernetes();
  cluster.put("kcp/syncer", {
    holderIdentity: "syncer-1",
    leaseDurationSeconds: 30,
    renewTime: "2025-09-15T13:30:00.000000Z",
    leaseTransitions: 0,
  });
  return {
    modules: `  lease: { prober: kubernetes_lease, timeout: 2s, kubernetes_lease: { kubeconfig: probed.json } }
  leases: { prober: kubernetes_lease, timeout: 2s, kubernetes_lease: { kubeconfig: probed.json, selector: "" } }`,
    targets: `  - { name: syncer, module: lease, target: kcp/syncer }
  - { name: syncers, module: leases, target: kcp }`,
    files: { "probed.json": cluster.kubeconfig() },
    [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
  };
}

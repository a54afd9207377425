import { expect, test } from "vitest";
import { loadConfigText } from "../../../src/config/load.ts";
import { probers } from "../../../src/probers/index.ts";

test("reports each invalid option and target at its place", () => {
  const yaml = `modules:
  a: { prober: kubernetes_lease, kubernetes_lease: { kubeconfig: nowhere.json } }
  b: { prober: kubernetes_lease, kubernetes_lease: { timeout: 0s, expected_holder: "", renew: 1s } }
  c: { prober: kubernetes_lease }
targets:
  - { name: one, module: c, target: syncer-heartbeat }
`;
  const load = (): unknown =>
    loadConfigText(yaml, "exporter.yml", {}, { probers, metrics: [], formats: { regexp: () => true } });
  expect(load).toThrow(
    `exporter.yml:2:66: modules.a.kubernetes_lease.kubeconfig: got an unreadable file, want a kubeconfig file
exporter.yml:3:63: modules.b.kubernetes_lease.timeout: got 0s, want > 0
exporter.yml:3:84: modules.b.kubernetes_lease.expected_holder: got "", want non-empty text
exporter.yml:3:88: modules.b.kubernetes_lease.renew: got an unknown key, want context, expected_holder, kubeconfig or timeout
exporter.yml:6:37: targets[0].target: got "syncer-heartbeat", want the namespace/name of a Lease, such as kube-system/syncer-heartbeat`,
  );
});

test("probes leases by the exporter's own schedule unless the file says otherwise", () => {
  const yaml = `modules:
  lease: { prober: kubernetes_lease }
  web: { prober: http }
targets:
  - { name: syncer, module: lease, target: kcp/syncer }
  - { name: rare, module: lease, target: kcp/rare, schedule: on_scrape }
  - { name: page, module: web, target: "http://page" }
`;
  const { targets } = loadConfigText(
    yaml,
    "exporter.yml",
    {},
    { probers, metrics: [], formats: { regexp: () => true } },
  );
  expect([...targets.values()].map(({ name, schedule }) => [name, schedule])).toEqual([
    ["syncer", "interval"],
    ["rare", "on_scrape"],
    ["page", "on_scrape"],
  ]);
});

import { expect, test } from "vitest";
import { loadConfigText } from "../../../src/config/load.ts";
import { probers } from "../../../src/probers/index.ts";

test("reports each invalid option and target at its place", () => {
  const yaml = `modules:
  a: { prober: kubernetes_lease, kubernetes_lease: { kubeconfig: nowhere.json } }
  b: { prober: kubernetes_lease, kubernetes_lease: { timeout: 0s, expected_holder: "", renew: 1s } }
  c: { prober: kubernetes_lease }
  d: { prober: kubernetes_lease, kubernetes_lease: { selector: "app in a", expected_holder: a, min_leases: 7, max_leases: 3 } }
  e: { prober: kubernetes_lease, kubernetes_lease: { max_leases: 0, min_leases: -1 } }
  f: { prober: kubernetes_lease, kubernetes_lease: { selector: "" } }
  g: { prober: kubernetes_lease, kubernetes_lease: { min_leases: 0, max_leases: 5 } }
targets:
  - { name: one, module: c, target: syncer-heartbeat }
  - { name: two, module: f, target: kube-node-lease/node-1 }
  - { name: three, module: c, target: a/b/c }
`;
  const load = (): unknown =>
    loadConfigText(yaml, "exporter.yml", {}, { probers, metrics: [], formats: { regexp: () => true } });
  expect(load).toThrow(
    `exporter.yml:2:66: modules.a.kubernetes_lease.kubeconfig: got an unreadable file, want a kubeconfig file
exporter.yml:3:63: modules.b.kubernetes_lease.timeout: got 0s, want > 0
exporter.yml:3:84: modules.b.kubernetes_lease.expected_holder: got "", want non-empty text
exporter.yml:3:88: modules.b.kubernetes_lease.renew: got an unknown key, want context, expected_holder, kubeconfig, max_leases, min_leases, selector or timeout
exporter.yml:5:64: modules.d.kubernetes_lease.selector: got "app in a", want values in parentheses after app in, such as (a,b)
exporter.yml:5:93: modules.d.kubernetes_lease.expected_holder: got a holder beside selector, want only one of them: each lease has its own holder
exporter.yml:5:108: modules.d.kubernetes_lease.min_leases: got 7, want at most max_leases, which is 3
exporter.yml:6:66: modules.e.kubernetes_lease.max_leases: got 0, want from 1 to 10000
exporter.yml:6:81: modules.e.kubernetes_lease.min_leases: got -1, want >= 0
exporter.yml:8:66: modules.g.kubernetes_lease.min_leases: got 0, want selector beside it, such as "" for all leases
exporter.yml:8:81: modules.g.kubernetes_lease.max_leases: got 5, want selector beside it, such as "" for all leases
exporter.yml:10:37: targets[0].target: got "syncer-heartbeat", want the namespace/name of a Lease, such as kube-system/syncer-heartbeat; or selector in the module, for leases of a namespace
exporter.yml:11:37: targets[1].target: got "kube-node-lease/node-1", want a namespace, whose leases the selector of the module matches, such as kube-node-lease
exporter.yml:12:39: targets[2].target: got "a/b/c", want the namespace/name of a Lease, such as kube-system/syncer-heartbeat`,
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

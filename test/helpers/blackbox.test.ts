import { expect, test } from "vitest";

import { startBlackbox } from "./blackbox.ts";

const config =
  "modules: { http_2xx: { prober: http }, http_404: { prober: http, http: { valid_status_codes: [404] } } }";

test.for(["bookworm", "newest"] as const)("a real blackbox_exporter (%s) probes itself", async (version) => {
  await using blackbox = await startBlackbox({ version, config });
  const target = `${blackbox.url}/-/healthy`;
  expect(await blackbox.probe(target, "http_2xx")).toMatch(/^probe_success 1$/m);
  expect(await blackbox.probe(target, "http_404")).toMatch(/^probe_success 0$/m);
  expect(await blackbox.probe(target, "http_2xx", { debug: "true" })).toContain("Logs for the probe:");
  await expect(blackbox.probe(target, "nothing")).rejects.toThrow('400 Unknown module "nothing"');
});

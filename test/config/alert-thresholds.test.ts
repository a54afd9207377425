import { describe, expect, test } from "vitest";
import { startLocalExporter } from "../helpers/exporter.ts";
import { parseExposition } from "../helpers/exposition.ts";
import { heldProber } from "../helpers/stand-in-prober.ts";

/** Returns the thresholds that an exporter exports: of all targets, and by target. */
async function thresholdsOf(yaml: string) {
  const { prober } = heldProber();
  await using exporter = await startLocalExporter({ yaml, probers: [prober] });
  const { series } = parseExposition(await (await fetch(`${exporter.url}/metrics?collect[]=targets`)).text());
  const of = (name: string) =>
    series
      .filter((one) => one.name === name)
      .map(({ labels, value }) => [[labels["target"], labels["threshold"]].filter(Boolean).join(" "), value]);
  return {
    all: Object.fromEntries(of("heartbeat_alert_threshold")) as Record<string, number>,
    own: Object.fromEntries(of("heartbeat_target_alert_threshold")) as Record<string, number>,
  };
}

describe("alert_thresholds", () => {
  test("have defaults, and cost a target nothing", async () => {
    const { all, own } = await thresholdsOf(`
modules: { a: { prober: held } }
targets: [{ name: t, module: a, target: x, schedule: interval }]
`);
    expect(all).toMatchObject({ uptime_ratio: 0.95, certificate_expiry: 1_209_600, event_loop_lag: 0.1 });
    expect(Object.keys(all)).toHaveLength(25);
    expect(own).toEqual({});
  });

  test("are those of the target, else of its module, else of the section", async () => {
    const { all, own } = await thresholdsOf(`
alert_thresholds: { uptime_ratio: 0.99, certificate_expiry: 1d }
modules:
  plain: { prober: held }
  strict: { prober: held, alert_thresholds: { uptime_ratio: 0.999, log_error_rate: 2 } }
targets:
  - { name: a, module: plain, target: x, schedule: interval }
  - { name: b, module: strict, target: x, schedule: interval }
  - { name: c, module: strict, target: y, schedule: interval, alert_thresholds: { uptime_ratio: 0.5, latency_difference: 2s } }
`);
    expect(all).toMatchObject({ uptime_ratio: 0.99, certificate_expiry: 86_400, degraded_ratio: 0.5 });
    expect(own).toEqual({
      "b uptime_ratio": 0.999,
      "b log_error_rate": 2,
      "c uptime_ratio": 0.5,
      "c log_error_rate": 2,
      "c latency_difference": 2,
    });
  });
});

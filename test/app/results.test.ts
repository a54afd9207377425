import { describe, expect, test } from "vitest";
import { sample } from "../../src/core/metric.ts";
import { type Prober, succeeded } from "../../src/core/prober.ts";
import { seconds, timestamp } from "../../src/core/units.ts";
import { certificateMetrics } from "../../src/probers/certificates.ts";
import { createMemoryHistory } from "../../src/store/memory-history.ts";
import { manualClock } from "../helpers/clock.ts";
import { startLocalExporter } from "../helpers/exporter.ts";
import { valueOf } from "../helpers/exposition.ts";
import { paidProber } from "../money/paid-prober.ts";

const YAML = `
prices: { gpt-4o-mini: { input: 0.15, output: 0.6 } }
modules: { chat: { prober: paid, min_interval: 1h, budget: { tokens: 20, per: day } } }
targets:
  - { name: gpt, module: chat, target: gpt, model: gpt-4o-mini, schedule: on_scrape, failure_threshold: 1 }
  - { name: busy, module: chat, target: busy, model: gpt-4o-mini, schedule: on_scrape, failure_threshold: 1 }
maintenance: [{ name: upgrade, targets: [busy], once: { from: 2020-01-01T00:00:00Z, to: 2100-01-01T00:00:00Z } }]
`;

/** Lets one probe fail, and collects what each stage has left behind. */
async function tracesOf(name: string, query: string) {
  const clock = manualClock();
  const history = createMemoryHistory(clock, seconds(86_400));
  const { prober, down } = paidProber();
  down.add(name);
  await using exporter = await startLocalExporter({ yaml: YAML, probers: [prober], clock, history });
  const page = async (path: string): Promise<string> => (await fetch(`${exporter.url}${path}`)).text();
  await page(`/probe?${query}`);
  const probeLines = exporter.logged.filter(
    ({ message, fields }) => message === "probe ended" && "target" in fields && fields.target === name,
  );
  const metrics = await page("/metrics?collect[]=targets");
  const window = { from: timestamp(0), to: timestamp(clock.now() + 1) };
  const events = await history.events({ subject: name, limit: 10 });
  return {
    charged: (await page(`/probe?${query}&debug=true`)).includes("budget_exhausted"),
    dollars: valueOf(metrics, "heartbeat_llm_cost_dollars_total", { target: name }),
    logged: probeLines.length,
    remembered: (JSON.parse(await page(`/api/v1/probes?target=${name}`)) as { probes: unknown[] }).probes
      .length,
    counted: valueOf(metrics, "heartbeat_health_checks_total", { target: name, status: "failure" }),
    recorded: (await history.summaries(window)).filter(({ target }) => target === name).length,
    streak: valueOf(metrics, "heartbeat_consecutive_failures", { target: name }),
    // That of an exhausted budget is no stage: it comes with the next probe, which is skipped.
    events: events.map(({ kind }) => kind).filter((kind) => kind !== "budget"),
  };
}

describe("the result of a probe", () => {
  const everywhere = {
    charged: true,
    dollars: expect.closeTo(5.7e-6, 12) as number,
    logged: 1,
    remembered: 1,
    counted: 1,
    recorded: 1,
    streak: 1,
    events: ["health", "status"],
  };

  test("passes through every stage", async () => {
    expect(await tracesOf("gpt", "target=gpt")).toEqual(everywhere);
  });

  test("affects neither streak nor events during maintenance", async () => {
    expect(await tracesOf("busy", "target=busy")).toEqual({ ...everywhere, streak: 0, events: [] });
  });

  test("is only charged, logged and remembered for an address that is not configured", async () => {
    expect(await tracesOf("elsewhere", "target=elsewhere&module=chat&model=gpt-4o-mini")).toEqual({
      charged: true,
      logged: 1,
      remembered: 1,
      recorded: 0,
      events: [],
    });
  });
});

test("a warning about a target is logged once for each topic", async () => {
  const clock = manualClock();
  const prober: Prober<object, object> = {
    ...paidProber().prober,
    costly: false,
    probe: async () => ({
      outcome: succeeded,
      samples: [],
      warnings: [
        { topic: "one", message: `one at ${clock.now()}` },
        { topic: "two", message: "two" },
      ],
    }),
  };
  const yaml = `
modules: { word: { prober: paid } }
targets: [{ name: a, module: word, target: a }, { name: b, module: word, target: b }]
`;
  await using exporter = await startLocalExporter({ yaml, probers: [prober], clock });
  for (let i = 0; i < 3; i += 1) {
    await fetch(`${exporter.url}/metrics?collect[]=targets`);
    clock.advance(seconds(60));
  }
  const warned = exporter.logged.filter(({ message }) => /^(one|two)/.test(message));
  const targets = warned.map(({ fields }) => ("target" in fields ? String(fields.target) : ""));
  expect(targets.filter((target) => target === "a").length).toBe(2);
  expect(targets.filter((target) => target === "b").length).toBe(2);
});

test("a certificate is told to expire by the threshold of its target, of its module, or of all", async () => {
  const clock = manualClock();
  const history = createMemoryHistory(clock, seconds(10 * 86_400));
  const expiry = clock.now() + 20 * 86_400;
  const prober: Prober<object, object> = {
    ...paidProber().prober,
    costly: false,
    metrics: Object.values(certificateMetrics),
    probe: async () => ({
      outcome: succeeded,
      samples: [sample(certificateMetrics.sslEarliestCertExpiry, expiry)],
    }),
  };
  const yaml = `
alert_thresholds: { certificate_expiry: 19d }
modules:
  plain: { prober: paid }
  early: { prober: paid, alert_thresholds: { certificate_expiry: 21d } }
targets:
  - { name: by-all, module: plain, target: a }
  - { name: by-module, module: early, target: b }
  - { name: by-target, module: plain, target: c, alert_thresholds: { certificate_expiry: 22d } }
  - { name: late, module: early, target: d, alert_thresholds: { certificate_expiry: 1d } }
`;
  await using exporter = await startLocalExporter({ yaml, probers: [prober], clock, history });
  await fetch(`${exporter.url}/metrics?collect[]=targets`);
  const expiring = async () =>
    (await history.events({ limit: 50 }))
      .filter(({ kind }) => kind === "certificate")
      .map((one) => one.subject);
  expect((await expiring()).toSorted()).toEqual(["by-module", "by-target"]);
  clock.advance(seconds(1.5 * 86_400));
  await fetch(`${exporter.url}/metrics?collect[]=targets`);
  expect((await expiring()).toSorted()).toEqual(["by-all", "by-module", "by-target"]);
});

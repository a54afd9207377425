import { describe, expect, test } from "vitest";
import { createMemory, type Memory } from "../../src/core/memory.ts";
import { seconds } from "../../src/core/units.ts";
import { type ManualClock, manualClock } from "../helpers/clock.ts";
import { type LocalExporter, startLocalExporter } from "../helpers/exporter.ts";
import { valueOf } from "../helpers/exposition.ts";
import { settle } from "../helpers/stand-in-prober.ts";
import { paidProber } from "./paid-prober.ts";

/** 2025-09-15T00:00:00Z, the start of a budget's day. */
const MIDNIGHT = 1_757_894_400;
const DAY = 86_400;

const PRICES = "prices: { gpt-4o-mini: { input: 0.15, output: 0.6 } }";

/** The cost of 14 tokens at 0.15 and 6 at 0.6 dollars per million. */
const DOLLARS_PER_PROMPT = 0.0000057;

const metricsOf = async ({ url }: LocalExporter): Promise<string> =>
  (await fetch(`${url}/metrics?collect[]=targets`)).text();

/** Waits for due prompts to end: they start one per turn of the event loop, and each ends in its turn. */
async function settleAll(): Promise<void> {
  for (let turns = 0; turns < 3; turns += 1) await settle();
}

/** Advances the clock in steps and waits in each until the due probes have ended. */
async function pass(clock: ManualClock, length: number, step = 30): Promise<void> {
  // Probes that are due at once would otherwise coincide with those of the first step.
  clock.advance(seconds(0));
  await settleAll();
  for (let passed = 0; passed < length; passed += step) {
    clock.advance(seconds(step));
    await settleAll();
  }
}

/** Scrapes at fixed offsets in every 30 seconds, for `length` seconds. */
async function scrape(
  exporter: LocalExporter,
  clock: ManualClock,
  length: number,
  offsets: readonly number[],
): Promise<void> {
  let now = 0;
  for (let round = 0; round < length; round += 30) {
    for (const offset of offsets) {
      clock.advance(seconds(round + offset - now));
      now = round + offset;
      await metricsOf(exporter);
    }
  }
  clock.advance(seconds(length - now));
}

function setUp(targets: string, module = "{ prober: paid }") {
  const clock = manualClock(MIDNIGHT);
  const paid = paidProber();
  const yaml = `
${PRICES}
modules: { chat: ${module} }
targets:
${targets}
`;
  const start = (memory: Memory = createMemory()) =>
    startLocalExporter({ yaml, probers: [paid.prober], clock, memory });
  return { clock, paid, start };
}

const ON_SCHEDULE = "schedule: interval, interval: 30s, model: gpt-4o-mini";

describe("a day of probing", () => {
  test("without a budget, sends one prompt per interval and counts tokens and dollars", async () => {
    const { clock, paid, start } = setUp(`  - { name: gpt, module: chat, target: gpt, ${ON_SCHEDULE} }`);
    await using exporter = await start();
    await pass(clock, DAY - 30);
    const text = await metricsOf(exporter);
    expect(paid.prompts()).toBe(2880);
    expect(valueOf(text, "heartbeat_health_checks_total", { status: "success" })).toBe(2880);
    expect(valueOf(text, "heartbeat_llm_cost_dollars_total")).toBeCloseTo(2880 * DOLLARS_PER_PROMPT, 12);
    expect(valueOf(text, "heartbeat_llm_budget_remaining_tokens")).toBeUndefined();
    expect(valueOf(text, "heartbeat_llm_budget_remaining_dollars")).toBeUndefined();
  });

  test("a budget in tokens stops prompts when it is exhausted and resets at midnight", async () => {
    const { clock, paid, start } = setUp(
      `  - { name: gpt, module: chat, target: gpt, ${ON_SCHEDULE}, failover: true, budget: { tokens: 40000, per: day } }`,
    );
    await using exporter = await start();
    await pass(clock, 1999 * 30);
    expect(paid.prompts()).toBe(2000);
    await pass(clock, DAY - 2000 * 30);
    expect(paid.prompts()).toBe(2000);
    const text = await metricsOf(exporter);
    expect(valueOf(text, "heartbeat_llm_budget_remaining_tokens")).toBe(0);
    expect(valueOf(text, "probe_skipped", { reason: "budget_exhausted" })).toBe(1);
    expect(valueOf(text, "probe_success")).toBe(1);
    expect(valueOf(text, "probe_result_age_seconds")).toBe(DAY - 2000 * 30);
    expect(valueOf(text, "heartbeat_health_checks_total", { status: "failure" })).toBe(0);
    expect(valueOf(text, "heartbeat_failures_total", { reason: "budget_exhausted" })).toBeUndefined();
    expect(valueOf(text, "heartbeat_consecutive_successes")).toBe(2000);
    expect(valueOf(text, "heartbeat_current_mode", { mode: "primary" })).toBe(1);
    // The last answer is too old to say whether the model still answers.
    expect(valueOf(text, "heartbeat_model_available")).toBeUndefined();
    // Midnight itself belongs to the new day.
    await pass(clock, 30);
    expect(paid.prompts()).toBe(2001);
    const next = await metricsOf(exporter);
    expect(valueOf(next, "heartbeat_model_available")).toBe(1);
    expect(valueOf(next, "probe_skipped", { reason: "budget_exhausted" })).toBeUndefined();
    expect(valueOf(next, "heartbeat_llm_budget_remaining_tokens")).toBe(40_000 - 20);
    const warnings = exporter.logged.filter(({ message }) => message === "probes are skipped");
    expect(warnings).toHaveLength(1);
  });

  test("a budget in dollars per hour allows its prompts in every hour", async () => {
    // It pays for 50 of the 120 prompts of an hour.
    const { clock, paid, start } = setUp(
      `  - { name: gpt, module: chat, target: gpt, ${ON_SCHEDULE}, budget: { dollars: 0.000285, per: hour } }`,
    );
    await using exporter = await start();
    await pass(clock, DAY - 30);
    expect(paid.prompts()).toBe(24 * 50);
    const text = await metricsOf(exporter);
    expect(valueOf(text, "heartbeat_llm_cost_dollars_total")).toBeCloseTo(24 * 50 * DOLLARS_PER_PROMPT, 12);
    expect(valueOf(text, "heartbeat_llm_budget_remaining_dollars")).toBe(0);
  });

  test("the tightest of the budgets of module and target applies", async () => {
    const { clock, paid, start } = setUp(
      `  - { name: a, module: chat, target: a, ${ON_SCHEDULE}, budget: [{ tokens: 1000, per: hour }, { tokens: 20000, per: day }] }
  - { name: b, module: chat, target: b, ${ON_SCHEDULE} }`,
      "{ prober: paid, budget: { tokens: 70000, per: day } }",
    );
    await using exporter = await start();
    await pass(clock, DAY - 30);
    // The budgets of a allow 50 prompts in each of 20 hours; that of the module allows 3500 for a and b together.
    expect(paid.prompts("a") + paid.prompts("b")).toBe(3500);
    expect(paid.prompts("a")).toBe(1000);
    expect(valueOf(await metricsOf(exporter), "heartbeat_llm_budget_remaining_tokens", { target: "b" })).toBe(
      0,
    );
  });

  test("two scrapers at different offsets cost as much as one", async () => {
    const target = "  - { name: gpt, module: chat, target: gpt, interval: 30s, model: gpt-4o-mini }";
    const { clock, paid, start } = setUp(target);
    await using exporter = await start();
    await scrape(exporter, clock, DAY / 4, [0, 11]);
    expect(paid.prompts()).toBe(2880 / 4);
    expect(valueOf(await metricsOf(exporter), "heartbeat_llm_cost_dollars_total")).toBeCloseTo(
      (2880 / 4 + 1) * DOLLARS_PER_PROMPT,
      12,
    );
  });

  test("several scrapers do not exceed a budget", async () => {
    const target =
      "  - { name: gpt, module: chat, target: gpt, interval: 30s, min_interval: 0s, model: gpt-4o-mini, budget: { tokens: 2000, per: hour } }";
    const { clock, paid, start } = setUp(target);
    await using exporter = await start();
    await scrape(exporter, clock, 3 * 3600, [0, 7, 19]);
    expect(paid.prompts()).toBe(3 * 100);
  });

  test("a restart does not reset the budget if spending is stored", async () => {
    const { clock, paid, start } = setUp(
      `  - { name: gpt, module: chat, target: gpt, ${ON_SCHEDULE}, budget: { tokens: 40000, per: day } }`,
    );
    const memory = createMemory();
    {
      await using exporter = await start(memory);
      await pass(clock, DAY / 2 - 30);
      expect(valueOf(await metricsOf(exporter), "heartbeat_llm_budget_remaining_tokens")).toBe(
        40_000 - 1440 * 20,
      );
    }
    expect(paid.prompts()).toBe(1440);
    await using exporter = await start(memory);
    await pass(clock, DAY / 2 - 30);
    expect(paid.prompts()).toBe(2000);
    expect(valueOf(await metricsOf(exporter), "heartbeat_llm_budget_remaining_tokens")).toBe(0);
  });
});

describe("an exhausted budget", () => {
  const one = "budget: { tokens: 60, per: hour }";

  test("does not change the streak and mode of a failing target", async () => {
    const { clock, paid, start } = setUp(
      `  - { name: gpt, module: chat, target: gpt, ${ON_SCHEDULE}, failover: true, failure_threshold: 4, ${one} }`,
    );
    paid.down.add("gpt");
    await using exporter = await start();
    await pass(clock, 3570);
    expect(paid.prompts()).toBe(3);
    const text = await metricsOf(exporter);
    expect(valueOf(text, "heartbeat_consecutive_failures")).toBe(3);
    expect(valueOf(text, "heartbeat_current_mode", { mode: "primary" })).toBe(1);
    expect(valueOf(text, "probe_failure_reason", { reason: "empty" })).toBe(1);
    await pass(clock, 30);
    expect(valueOf(await metricsOf(exporter), "heartbeat_current_mode", { mode: "fallback" })).toBe(1);
  });

  test("refuses prompts to /probe and /heartbeat/trigger and says why", async () => {
    const clock = manualClock(MIDNIGHT);
    const paid = paidProber();
    await using exporter = await startLocalExporter({
      yaml: `
${PRICES}
control: { token_file: token }
modules: { chat: { prober: paid, min_interval: 0s, budget: { tokens: 60, per: hour } } }
targets: [{ name: gpt, module: chat, target: gpt, model: gpt-4o-mini }]
`,
      files: { token: "secret" },
      probers: [paid.prober],
      clock,
    });
    const probe = async (query: string): Promise<string> =>
      (await fetch(`${exporter.url}/probe?module=chat&${query}`)).text();
    const trigger = () =>
      fetch(`${exporter.url}/heartbeat/trigger`, {
        method: "POST",
        headers: { authorization: "Bearer secret" },
      });
    // The module pays for a probe by address.
    await probe("target=elsewhere");
    expect(await (await trigger()).json()).toMatchObject({ result: { success: true } });
    await probe("target=elsewhere");
    expect(paid.prompts()).toBe(3);

    const never = await probe("target=another");
    expect(valueOf(never, "probe_success")).toBe(0);
    expect(valueOf(never, "probe_failure_reason", { reason: "budget_exhausted" })).toBe(1);
    clock.advance(seconds(100));
    const known = await probe("target=gpt&debug=true");
    expect(known).toContain(
      "probes are skipped (budget_exhausted): the budget of module chat is exhausted: 60 of 60 tokens per hour; prompts resume at 2025-09-15T01:00:00Z",
    );
    const refused = await trigger();
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toBe("3500");
    expect(await refused.json()).toEqual({
      error:
        "budget_exhausted: the budget of module chat is exhausted: 60 of 60 tokens per hour; prompts resume at 2025-09-15T01:00:00Z",
    });
    const status = await (await fetch(`${exporter.url}/status`)).json();
    expect(status).toMatchObject({
      heartbeat: {
        consecutive_successes: 1,
        skipped: "budget_exhausted",
        skipped_until: "2025-09-15T01:00:00Z",
      },
    });
    expect(paid.prompts()).toBe(3);

    clock.advance(seconds(3500));
    expect(valueOf(await probe("target=gpt"), "probe_result_age_seconds")).toBe(0);
    expect(paid.prompts()).toBe(4);
  });

  test("requires a price for the requested model if it is in dollars", async () => {
    const paid = paidProber("unknown");
    await using exporter = await startLocalExporter({
      yaml: `
${PRICES}
modules: { chat: { prober: paid, budget: { dollars: 1, per: day } } }
`,
      probers: [paid.prober],
    });
    const answer = async (model: string): Promise<string> =>
      (await fetch(`${exporter.url}/probe?module=chat&target=a&debug=true&model=${model}`)).text();
    expect(await answer("gpt-9")).toContain('the model "gpt-9" has no price');
    expect(paid.prompts()).toBe(0);
    expect(
      valueOf((await answer("gpt-4o-mini")).split("returned:\n")[1]?.split("\n\n")[0] ?? "", "probe_success"),
    ).toBe(1);
  });

  test("includes what was spent before the budget was configured", async () => {
    const paid = paidProber();
    const clock = manualClock(MIDNIGHT);
    const memory = createMemory();
    const yaml = (budget: string) => `
modules: { chat: { prober: paid, min_interval: 0s } }
targets: [{ name: gpt, module: chat, target: gpt, ${budget} }]
`;
    {
      await using exporter = await startLocalExporter({
        yaml: yaml(""),
        probers: [paid.prober],
        clock,
        memory,
      });
      for (let i = 0; i < 3; i++) await metricsOf(exporter);
    }
    await using exporter = await startLocalExporter({
      yaml: yaml(one),
      probers: [paid.prober],
      clock,
      memory,
    });
    const text = await metricsOf(exporter);
    expect(paid.prompts()).toBe(3);
    expect(valueOf(text, "heartbeat_llm_budget_remaining_tokens")).toBe(0);
    expect(valueOf(text, "heartbeat_llm_cost_dollars_total")).toBeUndefined();
  });
});

import { defined } from "../core/defined.ts";
import { readAnswerFacts } from "../core/facts.ts";
import type { Metric, Sample } from "../core/metric.ts";
import { NETWORK_REASONS } from "../core/network.ts";
import {
  type Degradation,
  failed,
  type Outcome,
  type ProbeResult,
  type Prober,
  succeeded,
} from "../core/prober.ts";
import { DEGRADED_REASONS, FAILURE_REASONS, type FailureReason } from "../core/reasons.ts";
import { truncate } from "../core/truncate.ts";
import { seconds } from "../core/units.ts";
import type { PluginProber } from "../plugin.ts";

/** Most samples of one probe: more are probably a mistake, and each costs a series per target. */
const MOST_SAMPLES = 1000;

/** Longest label value, in characters. */
const LONGEST_LABEL = 256;

/**
 * Wraps a plugin's prober, so that whatever it throws or returns, the exporter goes on and its scrape stays valid.
 * @param file names the plugin in messages
 */
export function guardProber(prober: PluginProber, file: string): Prober {
  const {
    metrics = [],
    reasons = FAILURE_REASONS,
    objection,
    caution,
    expectedSpend,
    allowsModel,
    configuredOnly,
    dispose,
  } = prober;
  const metricsByName = new Map(metrics.map((metric) => [metric.name, metric]));
  // A plugin that forgets the reasons of the network still fails with them, and not with `internal`.
  const accepted = [...reasons, ...NETWORK_REASONS];
  return {
    kind: prober.kind,
    metrics,
    reasons,
    schema: prober.schema,
    costly: prober.costly,
    hangsAsOne: true,
    compile(options, context) {
      try {
        return prober.compile(options, context);
      } catch (error) {
        context.problem([], `options for which ${file} throws: ${textOf(error)}`, "options that it accepts");
        return undefined;
      }
    },
    async probe(target, module, context) {
      try {
        return checkResult(await prober.probe(target, module, context), metricsByName, accepted);
      } catch (error) {
        throw new Error(`plugin ${file}: ${textOf(error)}`, { cause: error });
      }
    },
    ...(objection === undefined
      ? {}
      : {
          objection(target, module) {
            try {
              return objection.call(prober, target, module);
            } catch (error) {
              return { part: "target", want: `a target for which ${file} does not throw: ${textOf(error)}` };
            }
          },
        }),
    ...(caution === undefined
      ? {}
      : {
          caution(target, module) {
            try {
              return caution.call(prober, target, module);
            } catch (error) {
              return `${file} throws: ${textOf(error)}`;
            }
          },
        }),
    ...(expectedSpend === undefined
      ? {}
      : { expectedSpend: (target, module) => expectedSpend.call(prober, target, module) }),
    ...(allowsModel === undefined
      ? {}
      : { allowsModel: (model, module) => answerOr(false, () => allowsModel.call(prober, model, module)) }),
    // Without an answer, no address is probed that the configuration does not name.
    ...(configuredOnly === undefined
      ? {}
      : { configuredOnly: (module) => answerOr(true, () => configuredOnly.call(prober, module)) }),
    ...(dispose === undefined
      ? {}
      : { dispose: (module) => withoutErrors(() => dispose.call(prober, module)) }),
  };
}

/** Returns the answer of a plugin, or `otherwise` if it throws. */
function answerOr<T>(otherwise: T, ask: () => T): T {
  try {
    return ask();
  } catch {
    return otherwise;
  }
}

/** A module is not used after it was disposed, so that an error has no consequence. */
function withoutErrors(dispose: () => void): void {
  try {
    dispose();
  } catch {
    // See above.
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * Validates a result against the declarations of its prober. Fields of no meaning to the exporter are dropped.
 * @throws Error with what is wrong
 */
function checkResult(
  result: unknown,
  metrics: ReadonlyMap<string, Metric>,
  reasons: readonly FailureReason[],
): ProbeResult {
  if (typeof result !== "object" || result === null)
    throw new Error(`probe: got ${result === null ? "null" : typeof result}, want a result`);
  const { outcome, samples, degraded, facts, answered, duration, retryAfter, spent } =
    result as Partial<ProbeResult>;
  if (!Array.isArray(samples) || samples.length > MOST_SAMPLES)
    throw new Error(`samples: want a list of at most ${MOST_SAMPLES}`);
  const seen = new Set<string>();
  return {
    outcome: checkOutcome(outcome, reasons),
    samples: samples.map((one: unknown) => checkSample(one, metrics, seen)),
    ...defined({ degraded: checkDegradation(degraded), facts: readAnswerFacts(facts) }),
    ...(typeof answered === "boolean" ? { answered } : {}),
    ...(isLength(duration) ? { duration: seconds(duration) } : {}),
    ...(isLength(retryAfter) ? { retryAfter: seconds(retryAfter) } : {}),
    ...(isLength(spent?.tokens.input) && isLength(spent.tokens.output) ? { spent } : {}),
  };
}

const isLength = (value: unknown): value is number =>
  typeof value === "number" && Number.isFinite(value) && value >= 0;

function checkDegradation(degraded: unknown): Degradation | undefined {
  if (degraded === undefined || degraded === null) return undefined;
  const { reason, detail } = degraded as Readonly<Record<string, unknown>>;
  const known = DEGRADED_REASONS.find((one) => one === reason);
  if (known === undefined || typeof detail !== "string")
    throw new Error(`degraded: want { reason, detail } with a reason of ${DEGRADED_REASONS.join(", ")}`);
  return { reason: known, detail };
}

function checkOutcome(outcome: unknown, reasons: readonly FailureReason[]): Outcome {
  const { ok, reason, detail } = (typeof outcome === "object" && outcome !== null ? outcome : {}) as Readonly<
    Record<string, unknown>
  >;
  if (ok === true) return succeeded;
  const known = reasons.find((one) => one === reason);
  if (ok === false && known !== undefined) return failed(known, typeof detail === "string" ? detail : "");
  throw new Error(
    `outcome: got ${truncate(JSON.stringify(outcome) ?? "nothing", 200)}, want succeeded, or failed with one of the reasons of its prober`,
  );
}

function checkSample(one: unknown, metrics: ReadonlyMap<string, Metric>, seen: Set<string>): Sample {
  const {
    metric,
    value,
    labels = {},
  } = (typeof one === "object" && one !== null ? one : {}) as Partial<Sample>;
  const declared = metric === undefined ? undefined : metrics.get(metric.name);
  if (declared === undefined)
    throw new Error(
      `samples: got a sample of ${JSON.stringify(metric?.name) ?? "nothing"}, want one of the prober's metrics`,
    );
  if (typeof value !== "number") throw new Error(`${declared.name}: got ${typeof value}, want a number`);
  const given = Object.keys(labels);
  if (
    given.length !== declared.labels.length ||
    !declared.labels.every((label) => Object.hasOwn(labels, label))
  )
    throw new Error(
      `${declared.name}: got the labels ${given.join(", ")}, want ${declared.labels.join(", ")}`,
    );
  for (const [label, text] of Object.entries<unknown>(labels)) {
    if (typeof text !== "string" || text.length > LONGEST_LABEL)
      throw new Error(
        `${declared.name}: label ${label}: want a string of at most ${LONGEST_LABEL} characters`,
      );
  }
  const series = JSON.stringify([declared.name, ...declared.labels.map((label) => labels[label])]);
  if (seen.has(series)) throw new Error(`${declared.name}: got the same series twice`);
  seen.add(series);
  return { metric: declared, value, ...(given.length === 0 ? {} : { labels }) };
}

import type { Metric, Sample } from "../core/metric.ts";
import { failed, type Outcome, type ProbeResult, type Prober, succeeded } from "../core/prober.ts";
import { FAILURE_REASONS } from "../core/reasons.ts";
import { seconds } from "../core/units.ts";
import type { PluginProber } from "../plugin.ts";

/** What one probe may tell; more is a mistake, which would be multiplied by the number of targets. */
const MOST_SAMPLES = 1000;
const LONGEST_LABEL = 256;

/**
 * A plugin's prober as the exporter uses it. Whatever it throws or returns, the exporter goes on, and its scrape stays one
 * that Prometheus can read.
 * @param file names the plugin in messages
 */
export function guarded(prober: PluginProber, file: string): Prober {
  const metrics = new Map((prober.metrics ?? []).map((metric) => [metric.name, metric]));
  const { objection, caution, expectedSpend, configuredOnly, dispose } = prober;
  return {
    kind: prober.kind,
    schema: prober.schema,
    costly: prober.costly,
    compile(options, context) {
      try {
        return prober.compile(options, context);
      } catch (error) {
        context.problem([], `options at which ${file} fails: ${textOf(error)}`, "options that it takes");
        return undefined;
      }
    },
    async probe(target, module, context) {
      try {
        return checked(await prober.probe(target, module, context), metrics);
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
              return { part: "target", want: `one at which ${file} does not fail: ${textOf(error)}` };
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
              return `${file} fails at it: ${textOf(error)}`;
            }
          },
        }),
    ...(expectedSpend === undefined
      ? {}
      : { expectedSpend: (target, module) => expectedSpend.call(prober, target, module) }),
    // Without an answer, no address is probed that the configuration does not name.
    ...(configuredOnly === undefined
      ? {}
      : { configuredOnly: (module) => answerOr(true, () => configuredOnly.call(prober, module)) }),
    ...(dispose === undefined ? {} : { dispose: (module) => disposed(() => dispose.call(prober, module)) }),
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

/** Letting go is the last that is asked of a module; that it fails changes nothing any more. */
function disposed(dispose: () => void): void {
  try {
    dispose();
  } catch {
    // Nobody is left who could use what was not let go of.
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * @returns the result as the exporter takes it
 * @throws Error that says what is wrong with it
 */
function checked(result: unknown, metrics: ReadonlyMap<string, Metric>): ProbeResult {
  if (typeof result !== "object" || result === null)
    throw new Error(`its probe returned ${typeof result}, no result`);
  const { outcome, samples, answered, duration, retryAfter, spent } = result as Partial<ProbeResult>;
  if (!Array.isArray(samples) || samples.length > MOST_SAMPLES)
    throw new Error(`samples: want a list of at most ${MOST_SAMPLES}`);
  const seen = new Set<string>();
  return {
    outcome: checkedOutcome(outcome),
    samples: samples.map((one: unknown) => checkedSample(one, metrics, seen)),
    ...(typeof answered === "boolean" ? { answered } : {}),
    ...(isLength(duration) ? { duration: seconds(duration) } : {}),
    ...(isLength(retryAfter) ? { retryAfter: seconds(retryAfter) } : {}),
    ...(isLength(spent?.tokens.input) && isLength(spent.tokens.output) ? { spent } : {}),
  };
}

const isLength = (value: unknown): value is number =>
  typeof value === "number" && Number.isFinite(value) && value >= 0;

function checkedOutcome(outcome: unknown): Outcome {
  const { ok, reason, detail } = (typeof outcome === "object" && outcome !== null ? outcome : {}) as Readonly<
    Record<string, unknown>
  >;
  if (ok === true) return succeeded;
  const known = FAILURE_REASONS.find((one) => one === reason);
  if (ok === false && known !== undefined) return failed(known, typeof detail === "string" ? detail : "");
  throw new Error(
    `outcome: got ${JSON.stringify(outcome)?.slice(0, 200) ?? "nothing"}, want succeeded, or failed with a known reason`,
  );
}

function checkedSample(one: unknown, metrics: ReadonlyMap<string, Metric>, seen: Set<string>): Sample {
  const {
    metric,
    value,
    labels = {},
  } = (typeof one === "object" && one !== null ? one : {}) as Partial<Sample>;
  const declared = metric === undefined ? undefined : metrics.get(metric.name);
  if (declared === undefined)
    throw new Error(
      `a sample of ${JSON.stringify(metric?.name) ?? "nothing"}, which is none of the prober's metrics`,
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
      throw new Error(`${declared.name}: label ${label}: want a text of at most ${LONGEST_LABEL} characters`);
  }
  const series = JSON.stringify([declared.name, ...declared.labels.map((label) => labels[label])]);
  if (seen.has(series)) throw new Error(`${declared.name}: the same series twice`);
  seen.add(series);
  return { metric: declared, value, ...(given.length === 0 ? {} : { labels }) };
}

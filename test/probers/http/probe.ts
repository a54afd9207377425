import { Ajv2020 } from "ajv/dist/2020.js";
import { fileSecret } from "../../../src/config/document/secrets.ts";
import { systemClock } from "../../../src/core/clock.ts";
import { defined } from "../../../src/core/defined.ts";
import { createMemory } from "../../../src/core/memory.ts";
import type { CompileContext, ProbeContext, ProbeResult, ProbeTarget } from "../../../src/core/prober.ts";
import type { HttpModule } from "../../../src/probers/http/options.ts";
import { httpProber } from "../../../src/probers/http/prober.ts";
import { type HttpOptions, httpSchema } from "../../../src/probers/http/schema.ts";
import { openNetwork } from "../../../src/probers/network/network.ts";
import { compileRegexp } from "../../../src/probers/regexp.ts";
import { checkedProber } from "../../helpers/checked-prober.ts";

const isRegexp = (source: string): boolean => {
  try {
    return compileRegexp(source) !== undefined;
  } catch {
    return false;
  }
};
const ajv = new Ajv2020({ allErrors: true, strictTypes: false, formats: { regexp: isRegexp } });
const validate = ajv.compile<HttpOptions>(httpSchema);

const allowedTargets = new WeakMap<HttpModule, HttpOptions["allowed_targets"]>();

/** The result of compiling options. */
export interface Compiled {
  readonly module: HttpModule;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  readonly unsupported: readonly string[];
}

/** Validates and compiles options as the configuration does. */
export function compile(options: unknown): Compiled {
  if (!validate(options)) {
    throw new Error(ajv.errorsText(validate.errors));
  }
  const problems: string[] = [];
  const warnings: string[] = [];
  const unsupported: string[] = [];
  const context: CompileContext = {
    problem: (path, got, want) => problems.push(`${path.join(".")}: got ${got}, want ${want}`),
    warn: (path, text) => warnings.push(`${path.join(".")}: ${text}`),
    unsupported: (path, why) => unsupported.push(`${path.join(".")}: ${why}`),
    secretFile: (file, path) => fileSecret(file, ({ got }) => warnings.push(`${path.join(".")}: ${got}`)),
    resolvePath: (file) => file,
    environment: {},
    metricNames: new Set(),
  };
  const module = httpProber.compile(options, context);
  allowedTargets.set(module, options.allowed_targets);
  return { module, problems, warnings, unsupported };
}

/** Compiles options without problems. */
export function moduleOf(options: unknown): HttpModule {
  const { module, problems } = compile(options);
  if (problems.length > 0) throw new Error(problems.join("\n"));
  return module;
}

export interface ProbeSettings extends Partial<Omit<ProbeTarget, "address">> {
  readonly signal?: AbortSignal;
  readonly log?: ProbeContext["log"];
}

/** Names of metrics that users choose do not begin with `probe_` in these tests. */
const checked = checkedProber(httpProber, ({ name }) => !name.startsWith("probe_"));

/** Probes `address`. The default deadline is 10 s. */
export function probe(
  address: string,
  options: unknown = {},
  settings: ProbeSettings = {},
): Promise<ProbeResult> {
  const { signal = AbortSignal.timeout(10_000), log = () => undefined, ...more } = settings;
  const target = { address, configured: false, ...more };
  const module = isModule(options) ? options : moduleOf(options);
  const probed = {
    prober: httpProber,
    options: module,
    ...defined({ allowedTargets: allowedTargets.get(module) }),
  };
  return checked.probe(target, module, {
    signal,
    clock: systemClock,
    log,
    memory: createMemory().namespace("test"),
    network: openNetwork(probed, target, signal, systemClock),
  });
}

const isModule = (options: unknown): options is HttpModule =>
  typeof options === "object" && options !== null && "statuses" in options;

/** Returns the value of a series, given as `name` or `name{label="value"}`. */
export function valueIn(result: ProbeResult, series: string): number | undefined {
  return exposed(result).get(series);
}

/** Returns every series of a result. */
export const exposed = (result: ProbeResult): ReadonlyMap<string, number> =>
  new Map(
    result.samples.map(({ metric, value, labels = {} }) => {
      const text = metric.labels.map((label) => `${label}=${JSON.stringify(labels[label] ?? "")}`).join(",");
      return [text === "" ? metric.name : `${metric.name}{${text}}`, value];
    }),
  );

/** Returns `success` or the reason of the failure. */
export const verdictOf = ({ outcome }: ProbeResult): string => (outcome.ok ? "success" : outcome.reason);

/** Returns the detail of the failure. */
export const detailOf = ({ outcome }: ProbeResult): string => (outcome.ok ? "" : outcome.detail);

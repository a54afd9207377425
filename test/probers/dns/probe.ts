import { Ajv2020 } from "ajv/dist/2020.js";
import { systemClock } from "../../../src/core/clock.ts";
import { defined } from "../../../src/core/defined.ts";
import { createMemory } from "../../../src/core/memory.ts";
import type { CompileContext, ProbeContext, ProbeResult, ProbeTarget } from "../../../src/core/prober.ts";
import { knownSecret } from "../../../src/core/secret.ts";
import type { DnsModule } from "../../../src/probers/dns/options.ts";
import { dnsProber } from "../../../src/probers/dns/prober.ts";
import { type DnsOptions, dnsSchema } from "../../../src/probers/dns/schema.ts";
import { openNetwork } from "../../../src/probers/network/network.ts";
import { checkedProber } from "../../helpers/checked-prober.ts";

const validate = new Ajv2020({ strictTypes: false, formats: { regexp: true } }).compile<DnsOptions>(
  dnsSchema,
);

/** The result of compiling options. */
export interface Compiled {
  readonly module: DnsModule;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** Compiles options as the configuration does. */
export function compile(options: DnsOptions): Compiled {
  const problems: string[] = [];
  const warnings: string[] = [];
  const context: CompileContext = {
    problem: (path, got, want) => problems.push(`${path.join(".")}: got ${got}, want ${want}`),
    warn: (path, text) => warnings.push(`${path.join(".")}: ${text}`),
    secretFile: () => knownSecret(""),
    resolvePath: (file) => file,
    environment: {},
    metricNames: new Set(),
  };
  const module = dnsProber.compile(options, context);
  return { module, problems, warnings };
}

/** Validates and compiles options without problems. */
export function moduleOf(options: DnsOptions): DnsModule {
  const whole = { query_name: "example.com", ...options };
  if (!validate(whole)) throw new Error(JSON.stringify(validate.errors));
  const { module, problems } = compile(whole);
  if (problems.length > 0) throw new Error(problems.join("\n"));
  return module;
}

/** Settings of one probe. */
export interface ProbeSettings extends Partial<Omit<ProbeTarget, "address">> {
  readonly signal?: AbortSignal;
  readonly log?: ProbeContext["log"];
  readonly clock?: ProbeContext["clock"];
  readonly allowedTargets?: readonly string[];
}

const checked = checkedProber(dnsProber);

/** Probes `address`. The default deadline is 10 s, the default name `example.com`. */
export function probe(
  address: string,
  options: DnsOptions = {},
  settings: ProbeSettings = {},
): Promise<ProbeResult> {
  const {
    signal = AbortSignal.timeout(10_000),
    log = () => undefined,
    clock = systemClock.forProbe(),
  } = settings;
  const target = { address, configured: settings.configured ?? false };
  const module = moduleOf(options);
  const { allowedTargets } = settings;
  const network = openNetwork(
    { prober: dnsProber, options: module, ...defined({ allowedTargets }) },
    target,
    signal,
    clock,
  );
  return checked.probe(target, module, {
    signal,
    clock,
    log,
    memory: createMemory().namespace("test"),
    network,
  });
}

/** Returns the value of a series, given as `name` or `name{label="value"}`. */
export const valueIn = (result: Pick<ProbeResult, "samples">, series: string): number | undefined =>
  exposed(result).get(series);

/** Returns every series of a result. */
export const exposed = (result: Pick<ProbeResult, "samples">): ReadonlyMap<string, number> =>
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

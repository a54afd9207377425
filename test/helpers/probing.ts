import { readFile } from "node:fs/promises";
import { Ajv2020 } from "ajv/dist/2020.js";
import { systemClock } from "../../src/core/clock.ts";
import { defined } from "../../src/core/defined.ts";
import { createMemory } from "../../src/core/memory.ts";
import type {
  CompileContext,
  ProbeContext,
  ProbeResult,
  Prober,
  ProbeTarget,
} from "../../src/core/prober.ts";
import { Secret } from "../../src/core/secret.ts";
import { openNetwork } from "../../src/probers/network/network.ts";
import { ownLookup, type SystemLookup } from "../../src/probers/network/resolve.ts";
import { compileRegexp } from "../../src/probers/regexp.ts";
import { checkedProber } from "./checked-prober.ts";

/** The result of compiling options. */
export interface CompiledOptions<Module> {
  readonly module: Module;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** Settings of one probe. */
export interface ProbeSettings extends Partial<Omit<ProbeTarget, "address">> {
  /** 10 s, by default. */
  readonly signal?: AbortSignal;
  readonly log?: ProbeContext["log"];
  readonly resolver?: SystemLookup;
}

/** A prober as tests use it. */
export interface Probing<Module> {
  /** Validates and compiles options as the configuration does. */
  readonly compile: (options: unknown) => CompiledOptions<Module>;
  /** Probes an address with options that have no problems. */
  readonly probe: (address: string, options?: unknown, settings?: ProbeSettings) => Promise<ProbeResult>;
}

const isRegexp = (source: string): boolean => {
  try {
    return compileRegexp(source) !== undefined;
  } catch {
    return false;
  }
};

/** Prepares a prober for tests. Its results are checked against its metrics and reasons. */
export function probingWith<Options extends object, Module>(
  prober: Prober<Options, Module>,
): Probing<Module> {
  const ajv = new Ajv2020({ allErrors: true, strictTypes: false, formats: { regexp: isRegexp } });
  ajv.addKeyword("groupsOf");
  const validate = ajv.compile<Options>(prober.schema);
  const checked = checkedProber(prober);

  const compile = (options: unknown): CompiledOptions<Module> => {
    if (!validate(options)) throw new Error(ajv.errorsText(validate.errors));
    const problems: string[] = [];
    const warnings: string[] = [];
    const context: CompileContext = {
      problem: (path, got, want) => problems.push(`${path.join(".")}: got ${got}, want ${want}`),
      warn: (path, text) => warnings.push(`${path.join(".")}: ${text}`),
      unsupported: (path, why) => problems.push(`${path.join(".")}: ${why}`),
      secretFile: (file) => new Secret(async () => (await readFile(file, "utf8")).trim()),
      resolvePath: (file) => file,
      environment: {},
      metricNames: new Set(),
    };
    return { module: prober.compile(options, context), problems, warnings };
  };

  return {
    compile,
    probe(address, options = {}, settings = {}) {
      const { signal = AbortSignal.timeout(10_000), log = () => undefined, resolver, ...more } = settings;
      const target = { address, configured: false, ...more };
      const { module, problems } = compile(options);
      if (problems.length > 0) throw new Error(problems.join("\n"));
      const allowed = (options as { readonly allowed_targets?: readonly string[] }).allowed_targets;
      const probed = {
        prober: prober as Prober,
        options: module,
        ...defined({ allowedTargets: allowed }),
      };
      return checked.probe(target, module, {
        signal,
        clock: systemClock.forProbe(),
        log,
        memory: createMemory().namespace("test"),
        network: openNetwork(probed, target, signal, systemClock, resolver ?? ownLookup),
      });
    },
  };
}

/** Returns every series of a result. */
export const seriesOf = (result: ProbeResult): ReadonlyMap<string, number> =>
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

/** Series of times, which are masked in golden files unless they are 0. */
const TIMES = /^probe_(?:dns_lookup_time_seconds|[a-z]+_duration_seconds)/;

/** Formats a result for a golden file: the verdict, and the series by name, with what differs between runs masked. */
export function goldenText(result: ProbeResult): string {
  const lines = [...seriesOf(result)].map(([series, value]) => {
    const certificate = series.replace(/(fingerprint_sha256|serialnumber)="[0-9a-f]+"/g, '$1="..."');
    const cipher = certificate.replace(/cipher="TLS_(?:AES|CHACHA20)[^"]*"/, 'cipher="..."');
    return `${cipher} ${TIMES.test(series) && value > 0 ? "..." : value}`;
  });
  return [`# ${verdictOf(result)}`, ...lines.toSorted(), ""].join("\n");
}

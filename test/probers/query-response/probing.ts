import { Ajv2020 } from "ajv/dist/2020.js";
import { systemClock } from "../../../src/core/clock.ts";
import { defined } from "../../../src/core/defined.ts";
import { createMemory } from "../../../src/core/memory.ts";
import type {
  CompileContext,
  ProbeContext,
  ProbeResult,
  Prober,
  ProbeTarget,
} from "../../../src/core/prober.ts";
import { knownSecret } from "../../../src/core/secret.ts";
import { openNetwork } from "../../../src/probers/network/network.ts";
import { compileRegexp } from "../../../src/probers/regexp.ts";
import { tcpProber } from "../../../src/probers/tcp/prober.ts";
import { unixProber } from "../../../src/probers/unix/prober.ts";
import { checkedProber } from "../../helpers/checked-prober.ts";

/** The result of compiling options. */
interface Compiled<Module> {
  readonly module: Module;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** The result of a probe, and what it logged. */
export interface Probed {
  readonly result: ProbeResult;
  /** `success`, or the reason and the detail of the failure. */
  readonly verdict: string;
  /** Every series. */
  readonly series: ReadonlyMap<string, number>;
  /** The lines of the log, as JSON. */
  readonly log: readonly string[];
}

interface Settings extends Partial<Omit<ProbeTarget, "address">> {
  /** Ends after 10 s, by default. */
  readonly signal?: AbortSignal;
}

const isRegexp = (source: string): boolean => {
  try {
    return compileRegexp(source) !== undefined;
  } catch {
    return false;
  }
};

/** Prepares a prober whose results are checked against its metrics and reasons. */
function probingWith<Options extends object, Module>(prober: Prober<Options, Module>) {
  const ajv = new Ajv2020({ allErrors: true, strictTypes: false, formats: { regexp: isRegexp } });
  ajv.addKeyword("groupsOf");
  const validate = ajv.compile<Options>(prober.schema);
  const checked = checkedProber(prober, ({ name }) => name === "probe_expect_info");

  const compile = (options: unknown): Compiled<Module> => {
    if (!validate(options)) throw new Error(ajv.errorsText(validate.errors));
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
    return { module: prober.compile(options, context), problems, warnings };
  };

  const probe = async (address: string, options: object = {}, settings: Settings = {}): Promise<Probed> => {
    const { signal = AbortSignal.timeout(10_000), ...more } = settings;
    const target = { address, configured: false, ...more };
    const { module, problems } = compile(options);
    if (problems.length > 0) throw new Error(problems.join("\n"));
    const { allowed_targets: allowedTargets } = options as { readonly allowed_targets?: readonly string[] };
    const probed = { prober: prober as Prober, options: module, ...defined({ allowedTargets }) };
    const log: string[] = [];
    const context: ProbeContext = {
      signal,
      clock: systemClock.forProbe(),
      log: (message, fields) => void log.push(`${message} ${JSON.stringify(fields ?? {})}`),
      memory: createMemory().namespace("test"),
      network: openNetwork(probed, target, signal, systemClock),
    };
    const result = await checked.probe(target, module, context);
    const { outcome } = result;
    const verdict = outcome.ok ? "success" : `${outcome.reason}: ${outcome.detail}`;
    return { result, verdict, series: seriesOf(result), log };
  };
  return { compile, probe };
}

const seriesOf = ({ samples }: ProbeResult): ReadonlyMap<string, number> =>
  new Map(
    samples.map(({ metric, value, labels = {} }) => {
      const text = Object.entries(labels).map(([name, label]) => `${name}=${JSON.stringify(label)}`);
      return [text.length === 0 ? metric.name : `${metric.name}{${text.join(",")}}`, value];
    }),
  );

/** The prober `tcp` as tests use it. */
export const tcp = probingWith(tcpProber);

/** The prober `unix` as tests use it. */
export const unix = probingWith(unixProber);

/** Formats a result for a golden file: the verdict, and the series by name, with what differs between runs masked. */
export function goldenText({ result, series }: Probed): string {
  const lines = [...series].map(([name, value]) => {
    const certificate = name.replace(/(fingerprint_sha256|serialnumber)="[0-9a-f]+"/g, '$1="..."');
    return `${certificate} ${name === "probe_dns_lookup_time_seconds" ? "..." : value}`;
  });
  const verdict = result.outcome.ok ? "success" : result.outcome.reason;
  return [`# ${verdict}`, ...lines.toSorted(), ""].join("\n");
}

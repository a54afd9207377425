import { chmod } from "node:fs/promises";
import { Ajv2020 } from "ajv/dist/2020.js";
import { systemClock } from "../../../src/core/clock.ts";
import { defined } from "../../../src/core/defined.ts";
import { createMemory } from "../../../src/core/memory.ts";
import type { CompileContext, ProbeContext, ProbeResult, ProbeTarget } from "../../../src/core/prober.ts";
import { knownSecret } from "../../../src/core/secret.ts";
import type { IcmpModule } from "../../../src/probers/icmp/options.ts";
import { icmpProber } from "../../../src/probers/icmp/prober.ts";
import { type IcmpOptions, icmpSchema } from "../../../src/probers/icmp/schema.ts";
import { openNetwork } from "../../../src/probers/network/network.ts";
import { ownLookup, type SystemLookup } from "../../../src/probers/network/resolve.ts";
import { checkedProber } from "../../helpers/checked-prober.ts";
import { type TemporaryFolder, temporaryFolder } from "../../helpers/temporary-folder.ts";
import { tool } from "../../helpers/tools.ts";
import type { Recording } from "./recordings.ts";

const validate = new Ajv2020({ allErrors: true, strictTypes: false }).compile<IcmpOptions>(icmpSchema);

/** The result of compiling options. */
export interface Compiled {
  readonly module: IcmpModule;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Validates and compiles options as the configuration does.
 * @param load names of metrics, which are one object in each load; `ping` is checked once for each
 */
export function compile(
  options: unknown = {},
  path = process.env["PATH"],
  load: ReadonlySet<string> = new Set(),
): Compiled {
  if (!validate(options)) throw new Error(validate.errors?.map(({ message }) => message).join());
  const problems: string[] = [];
  const warnings: string[] = [];
  const context: CompileContext = {
    problem: (at, got, want) => problems.push(`${at.join(".")}: got ${got}, want ${want}`),
    warn: (at, text) => warnings.push(`${at.join(".")}: ${text}`),
    secretFile: () => knownSecret(""),
    resolvePath: (file) => file,
    environment: { PATH: path },
    metricNames: load,
  };
  return { module: icmpProber.compile(options, context), problems, warnings };
}

/** Settings of a probe. */
export interface ProbeSettings extends Partial<Omit<ProbeTarget, "address">> {
  readonly options?: IcmpOptions;
  /** The folders in which `ping` is looked for. */
  readonly path?: string | undefined;
  readonly signal?: AbortSignal;
  readonly log?: ProbeContext["log"];
  readonly resolver?: SystemLookup;
}

const checked = checkedProber(icmpProber);
const load = new Set<string>();

/** Probes `address`. The default deadline is 10 s. */
export function probe(address: string, settings: ProbeSettings = {}): Promise<ProbeResult> {
  const {
    options = {},
    path,
    signal = AbortSignal.timeout(10_000),
    log = () => undefined,
    resolver = ownLookup,
    ...more
  } = settings;
  const target = { address, configured: false, ...more };
  const { module, problems } = compile(options, path, load);
  if (problems.length > 0) throw new Error(problems.join("\n"));
  const probed = {
    prober: icmpProber,
    options: module,
    ...defined({ allowedTargets: options.allowed_targets }),
  };
  return checked.probe(target, module, {
    signal,
    clock: systemClock,
    log,
    memory: createMemory().namespace("test"),
    network: openNetwork(probed, target, signal, systemClock, resolver),
  });
}

/** A folder with a program `ping`, for `PATH`. */
export interface PingFolder extends TemporaryFolder {
  /** `PATH` with the folder first. */
  readonly searchPath: string;
}

/** Makes a folder whose `ping` is a shell script. */
export async function scriptedPing(script: string): Promise<PingFolder> {
  const folder = await temporaryFolder();
  await chmod(await folder.write("ping", `#!/bin/sh\n${script}\n`), 0o755);
  return { ...folder, searchPath: `${folder.path}:${process.env["PATH"] ?? "/usr/bin:/bin"}` };
}

/** Makes a folder whose `ping` prints a recording. */
export async function recordedPing({ stdout = "", stderr = "", code }: Recording): Promise<PingFolder> {
  const folder = await scriptedPing(
    'cat "${0%/*}/stdout"; cat "${0%/*}/stderr" >&2; exit $(cat "${0%/*}/code")',
  );
  await folder.write("stdout", stdout);
  await folder.write("stderr", stderr);
  await folder.write("code", String(code));
  return folder;
}

/** Makes a folder whose `ping` is the newest one of iputils. */
export const newestPing = (): Promise<PingFolder> => {
  const words = tool("ping", "newest").argv.map((word) => `'${word}'`);
  return scriptedPing(`exec ${words.join(" ")} "$@"`);
};

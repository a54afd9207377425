import { defined } from "../../core/defined.ts";
import {
  PING_ACTION,
  type PushHeartbeat,
  type PushSetup,
  type Registration,
} from "../../core/push-heartbeat.ts";
import { knownSecret, type Secret } from "../../core/secret.ts";
import { DURATION_FORM, parseDuration, type Seconds, seconds } from "../../core/units.ts";
import type { Environment } from "../document/convert.ts";
import { alternatives } from "../document/describe.ts";
import { childOf } from "../document/schema-errors.ts";
import { isNothing, lookup, type Path } from "../document/tree.ts";
import type { VariableHelp } from "../env/variables.ts";
import type { RawHeartbeat, RawRegistration } from "./heartbeats-schema.ts";
import { type BuildContext, durationOf, secretFile } from "./modules.ts";

/** They hold whether there is a file or not; what the file says of a heartbeat comes before. */
export const MACHINE_VARIABLES = [
  {
    name: "MACHINE_OFFLINE_THRESHOLD",
    fallback: "2m",
    meaning: "How long heartbeats may be silent that have no timeout of their own.",
  },
  {
    name: "MACHINE_HEARTBEAT_CHECK_INTERVAL",
    meaning:
      "Announce heartbeats that went offline only at beats this far apart. Without it they are announced at once; status and metrics are exact in any case.",
  },
] as const satisfies readonly VariableHelp[];

/** Labels that the exporter or Prometheus puts on the same series. */
const RESERVED_LABELS = new Set([
  "heartbeat",
  "source",
  "kind",
  "hostname",
  "owner",
  "target",
  "module",
  "instance",
  "job",
]);

/** Builds the heartbeats that are right and reports what is wrong with the others. */
export function buildHeartbeats(raw: unknown, context: BuildContext): PushSetup {
  const { report, environment } = context;
  const threshold = machineVariable("MACHINE_OFFLINE_THRESHOLD", context);
  const checkInterval = machineVariable("MACHINE_HEARTBEAT_CHECK_INTERVAL", context);
  const defaultTimeout = threshold ?? seconds(120);
  const list = childOf(raw, "heartbeats");
  const taken = new Set(namesOf(childOf(raw, "targets")));
  const heartbeats = (Array.isArray(list) ? list : []).flatMap((value: unknown, i) => {
    const path = ["heartbeats", i];
    checkName(value, path, taken, context);
    checkLabels(value, path, context);
    if (report.isBroken(path)) return [];
    return [heartbeatOf(value as RawHeartbeat, path, defaultTimeout, context)];
  });
  const registration = registrationOf(childOf(raw, "heartbeat_registration"), defaultTimeout, context);
  const named = hasMachineVariables(environment);
  if (named && heartbeats.length === 0 && registration === undefined) {
    const how = "set HEARTBEAT_PING_TOKEN or HEARTBEAT_PING_TOKEN_FILE, or configure heartbeats in a file";
    report.warn([], `no heartbeat can become known: ${how}`);
  }
  return {
    heartbeats,
    defaultTimeout,
    configured: named || heartbeats.length > 0 || registration !== undefined,
    ...defined({ registration, checkInterval }),
  };
}

/** Whether one of the variables of machines is set. */
export const hasMachineVariables = (env: Environment): boolean =>
  MACHINE_VARIABLES.some(({ name }) => (env[name]?.trim() ?? "") !== "");

function machineVariable(
  name: (typeof MACHINE_VARIABLES)[number]["name"],
  { environment, report }: BuildContext,
): Seconds | undefined {
  const text = environment[name]?.trim() ?? "";
  if (text === "") return undefined;
  const length = parseDuration(text);
  if (length !== undefined && length > 0) return length;
  const want = length === undefined ? DURATION_FORM : "> 0";
  report.problemAt({ variable: name }, [], JSON.stringify(text), want);
  return undefined;
}

const namesOf = (targets: unknown): readonly string[] =>
  (Array.isArray(targets) ? targets : []).flatMap((target: unknown) => {
    const name = childOf(target, "name");
    return typeof name === "string" ? [name] : [];
  });

function checkName(value: unknown, path: Path, taken: Set<string>, { report }: BuildContext): void {
  const name = childOf(value, "name");
  if (typeof name !== "string") return;
  if (taken.has(name)) {
    report.problem({ path: [...path, "name"], want: "a name that no other heartbeat and no target has" });
  }
  if (PING_ACTION.test(name)) {
    const want = "another name than start, fail, log or a number, which are what a ping may say";
    report.problem({ path: [...path, "name"], want });
  }
  taken.add(name);
}

function checkLabels(value: unknown, path: Path, { report }: BuildContext): void {
  const labels = childOf(value, "labels");
  if (typeof labels !== "object" || labels === null || Array.isArray(labels)) return;
  for (const name of Object.keys(labels)) {
    if (!RESERVED_LABELS.has(name) && !name.startsWith("__")) continue;
    const want = `another name than ${alternatives([...RESERVED_LABELS])}, and nothing that starts with __`;
    report.problem({ path: [...path, "labels", name], got: "a reserved label", want, aboutKey: true });
  }
}

function heartbeatOf(
  raw: RawHeartbeat,
  path: Path,
  defaultTimeout: Seconds,
  context: BuildContext,
): PushHeartbeat {
  const token = tokenOf(raw, path, context);
  return {
    name: raw.name,
    kind: raw.kind ?? "machine",
    ...timeoutsOf(raw, defaultTimeout),
    labels: raw.labels ?? {},
    critical: raw.critical ?? false,
    ...defined({ hostname: raw.hostname, owner: raw.owner, description: raw.description, token }),
  };
}

function registrationOf(
  value: unknown,
  defaultTimeout: Seconds,
  context: BuildContext,
): Registration | undefined {
  const { report, root } = context;
  const path = ["heartbeat_registration"];
  const written = lookup(root, path);
  if (value === undefined && written !== undefined && isNothing(written.node)) {
    report.warn(path, "is empty and so nothing can register; write { token_file: FILE }");
  }
  if (value === undefined || report.isBroken(path)) return undefined;
  const raw = value as RawRegistration;
  const token = tokenOf(raw, path, context);
  const open = raw.open ?? false;
  const tokenless = raw.token === undefined && raw.token_file === undefined;
  if (open && tokenless)
    report.warn(path, "is open: anybody who reaches the exporter can register heartbeats");
  else if (open) report.problem({ path: [...path, "open"], want: "false, because there is a token" });
  else if (tokenless) {
    report.problem({ path, got: "no token", want: "token_file, or open: true to take anybody" });
  }
  return {
    max: raw.max ?? 1000,
    expireAfter: durationOf(raw.expire_after ?? "7d"),
    kind: raw.kind ?? "machine",
    ...timeoutsOf(raw, defaultTimeout),
    namePattern: raw.name_pattern ?? "*",
    ...defined({ token }),
  };
}

function timeoutsOf(
  raw: { readonly timeout?: string | undefined; readonly start_timeout?: string | undefined },
  defaultTimeout: Seconds,
): { readonly timeout: Seconds; readonly startTimeout: Seconds } {
  const timeout = raw.timeout === undefined ? defaultTimeout : durationOf(raw.timeout);
  return { timeout, startTimeout: raw.start_timeout === undefined ? timeout : durationOf(raw.start_timeout) };
}

function tokenOf(
  raw: { readonly token?: string | undefined; readonly token_file?: string | undefined },
  path: Path,
  { report, resolvePath }: BuildContext,
): Secret | undefined {
  if (raw.token !== undefined && raw.token_file !== undefined) {
    report.problem({ path: [...path, "token_file"], got: "token besides", want: "only one of the two" });
  }
  if (raw.token !== undefined) return knownSecret(raw.token);
  if (raw.token_file === undefined) return undefined;
  return secretFile(resolvePath(raw.token_file), [...path, "token_file"], report);
}

import type { JSONSchema } from "json-schema-to-ts";
import { defined } from "../../core/defined.ts";
import { RESERVED_HEARTBEAT_LABELS } from "../../core/heartbeat-labels.ts";
import { PING_ACTION, type PushHeartbeat, type PushSetup } from "../../core/push-heartbeat.ts";
import type { Steps } from "../../core/steps.ts";
import type { Seconds } from "../../core/units.ts";
import { type BuildContext, durationOf } from "../context.ts";
import { withDefaults } from "../document/defaults.ts";
import { childOf } from "../document/tree.ts";
import { DEFAULT_TIMEOUT, hasMachineVariables, machineVariable } from "../env/machine.ts";
import { checkDependsOn, dependenciesOf, dependsOnProperty } from "./dependencies.ts";
import { type Entry, kindsByName, namedEntries, namesIn, namesUnder } from "./entries.ts";
import { buildTiming, heartbeatProperties } from "./heartbeat-options.ts";
import { buildRegistration } from "./heartbeat-registration.ts";
import { checkLabels } from "./labels.ts";
import { bool, labels, name, word } from "./schema-words.ts";
import { optionalSecret } from "./secret-options.ts";

/** One entry of `heartbeats`. */
const heartbeatSchema = {
  type: "object",
  description: "A heartbeat is a machine, job or service that pings `/ping/<name>`.",
  properties: {
    name: {
      ...name,
      description:
        "Unique among heartbeats and targets; the label `heartbeat` of its series. start, fail, log and numbers are reserved, because they follow the name in the path of a ping.",
    },
    ...heartbeatProperties,
    hostname: { ...word, description: "Host that it runs on." },
    owner: { ...word, description: "Team or person responsible." },
    description: { ...word, description: "Description for people; shown by `/heartbeats`." },
    critical: {
      ...bool,
      default: false,
      description: "Silence of this heartbeat makes its groups unhealthy.",
    },
    depends_on: dependsOnProperty,
    labels: { ...labels, description: "Labels of `heartbeat_info`." },
    token: {
      ...word,
      writeOnly: true,
      description:
        "Token that its pings must send. Default: the token of `heartbeat_registration`, else none.",
    },
    token_file: { ...word, description: "File with the token; read again when it changes." },
  },
  required: ["name"],
  additionalProperties: false,
} as const satisfies JSONSchema;

/** The section `heartbeats`. */
export const heartbeatsSchema = {
  type: "array",
  items: heartbeatSchema,
  description: "Configured heartbeats.",
} as const satisfies JSONSchema;

/** Builds the valid heartbeats and their registration, and reports the problems of the others. */
export function* buildHeartbeats(context: BuildContext): Steps<PushSetup> {
  const { problems, environment } = context;
  const defaultTimeout = machineVariable("MACHINE_OFFLINE_THRESHOLD", context) ?? durationOf(DEFAULT_TIMEOUT);
  const checkInterval = machineVariable("MACHINE_HEARTBEAT_CHECK_INTERVAL", context);
  const want = "a name that no other heartbeat and no target has";
  const entries = namedEntries("heartbeats", want, context, namesUnder("targets", context));
  const kinds = kindsByName(context);
  const heartbeats: PushHeartbeat[] = [];
  for (const entry of entries) {
    checkName(entry, context);
    checkLabels(entry, RESERVED_HEARTBEAT_LABELS, context);
    checkDependsOn(entry, kinds, context);
    if (!problems.isBroken(entry.path)) {
      const heartbeat = heartbeatOf(entry, defaultTimeout, context);
      const dependsOn = dependenciesOf(namesIn(entry.value, "depends_on"), kinds);
      heartbeats.push({ ...heartbeat, ...defined({ dependsOn }) });
    }
    yield;
  }
  const registration = buildRegistration(defaultTimeout, context);
  const hasVariables = hasMachineVariables(environment);
  if (hasVariables && heartbeats.length === 0 && registration === undefined) {
    const how = "set HEARTBEAT_PING_TOKEN or HEARTBEAT_PING_TOKEN_FILE, or configure heartbeats in a file";
    problems.warn([], `no heartbeat can register: ${how}`);
  }
  return {
    heartbeats,
    defaultTimeout,
    configured: hasVariables || heartbeats.length > 0 || registration !== undefined,
    ...defined({ registration, checkInterval }),
  };
}

function checkName({ value, path }: Entry, { problems }: BuildContext): void {
  const given = childOf(value, "name");
  if (typeof given !== "string" || !PING_ACTION.test(given)) return;
  const want = "another name, because start, fail, log and numbers follow the name in the path of a ping";
  problems.add({ path: [...path, "name"], want });
}

function heartbeatOf({ value, path }: Entry, defaultTimeout: Seconds, context: BuildContext): PushHeartbeat {
  const raw = withDefaults(heartbeatSchema, value);
  const { hostname, owner, description } = raw;
  return {
    name: raw.name,
    kind: raw.kind,
    ...buildTiming(raw, path, defaultTimeout, context),
    labels: raw.labels ?? {},
    critical: raw.critical,
    ...defined({ hostname, owner, description, token: optionalSecret(raw, "token", path, context) }),
  };
}

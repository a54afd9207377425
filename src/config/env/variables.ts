import type { Path } from "../document/tree.ts";
import { contextApiSchema } from "../sections/context-api.ts";
import { failoverSchema, targetSchema } from "../sections/targets.ts";

/** An environment variable, as the documentation shows it. */
export interface VariableHelp {
  readonly name: string;
  /** Value if the variable is not set. */
  readonly fallback?: string;
  readonly meaning: string;
}

/** A variable that sets one value of the configuration. */
export interface Variable extends VariableHelp {
  readonly path: Path;
  readonly boolean?: true;
  /** Its value is never shown. */
  readonly secret?: true;
}

/** Kind of the prober that the variables configure; also the name of its module and target. */
export const LLM = "llm";
/** Path of the module. */
export const MODULE_PATH: Path = ["modules", LLM];
/** Path of the options of its prober. */
export const OPTIONS_PATH: Path = [...MODULE_PATH, LLM];
/** Path of the target. */
export const TARGET_PATH: Path = ["targets", 0];
const FAILOVER_PATH: Path = [...TARGET_PATH, "failover"];

const target = targetSchema.properties;
const failover = failoverSchema.properties;
const contextApi = contextApiSchema.properties;

/** The word that the default prompt asks for. */
export const HEALTH_WORD = "HEALTHY";
/** The default prompt. */
export const HEALTH_PROMPT = `System health check. Respond with: ${HEALTH_WORD}`;

/** The switch of the target's failover. */
export const FAILOVER_SWITCH = "FAILOVER_ENABLED";

/** Switches for the target and for its failover. */
export const SWITCHES = [
  { name: "HEARTBEAT_ENABLED", fallback: "true", meaning: "Probe the LLM target." },
  { name: FAILOVER_SWITCH, fallback: "true", meaning: "Keep a failover mode for the target." },
] as const satisfies readonly VariableHelp[];

/** Variables for the listen address, which apply with and without a file. */
export const LISTEN = [
  { name: "CONTEXT_API_HOST", fallback: "0.0.0.0", meaning: "Address to listen on." },
  { name: "CONTEXT_API_PORT", fallback: "8091", meaning: "Port to listen on." },
] as const satisfies readonly VariableHelp[];

/** The variable for the store, which applies with and without a file. */
export const STORAGE = {
  name: "HEARTBEAT_STORAGE_PATH",
  meaning:
    "File for state and history, unless `--storage.path` or `storage.path` of the configuration names one. Images set it, so that a mounted volume is enough.",
} as const satisfies VariableHelp;

/** The variable for the health check of the image, which applies with and without a file. */
export const HEALTH_SOCKET = {
  name: "HEARTBEAT_HEALTH_SOCKET",
  meaning:
    "Name of an abstract unix socket (`@NAME`, Linux only) on which the exporter tells the image's health check that it works. The image sets it.",
} as const satisfies VariableHelp;

/** Variables for the shard of an exporter, which apply with and without a file. */
export const SHARD = [
  {
    name: "HEARTBEAT_SHARD",
    meaning:
      "Number of this exporter among those that share the configuration, from 0 on, or a text that ends with it, such as the name of a pod of a StatefulSet. As `--shard`.",
  },
  { name: "HEARTBEAT_TOTAL_SHARDS", meaning: "Number of shards. As `--total-shards`." },
  {
    name: "HEARTBEAT_SHARD_URL",
    meaning: "URL of the shards, with `{shard}` in place of the number. As `--shard-url`.",
  },
] as const satisfies readonly VariableHelp[];

/** Variables that probers read as defaults of their options, with and without a file. */
export const OF_PROBERS = [
  {
    name: "HEARTBEAT_INTERVAL_SECONDS",
    fallback: "60",
    meaning: "Seconds between the heartbeats of a log, if neither the heartbeats nor the module state it.",
  },
] as const satisfies readonly VariableHelp[];

/** Variables that become values of the configuration. */
export const VARIABLES: readonly Variable[] = [
  {
    name: "HEARTBEAT_TIMEOUT",
    path: [...MODULE_PATH, "timeout"],
    fallback: "10s",
    meaning: `Longest duration of one probe. If only one of it and HEARTBEAT_CHECK_INTERVAL is set, the other follows, so that a timeout is never longer than its interval.`,
  },
  {
    name: "HEARTBEAT_LLM_API",
    path: [...OPTIONS_PATH, "api"],
    fallback: "openai",
    meaning: "API that the target speaks.",
  },
  {
    name: "HEARTBEAT_LLM_API_KEY",
    path: [...OPTIONS_PATH, "api_key"],
    secret: true,
    meaning: "Key sent with each request.",
  },
  {
    name: "HEARTBEAT_LLM_API_KEY_FILE",
    path: [...OPTIONS_PATH, "api_key_file"],
    meaning: "File with the key; read again when it changes.",
  },
  {
    name: "HEARTBEAT_HEALTH_PROMPT",
    path: [...OPTIONS_PATH, "prompt"],
    fallback: HEALTH_PROMPT,
    meaning: `Prompt for the model. If it contains ${HEALTH_WORD}, the answer must contain it too.`,
  },
  {
    name: "HEARTBEAT_LLM_URL",
    path: [...TARGET_PATH, "target"],
    meaning:
      "Base URL of the model's API; required unless HEARTBEAT_ENABLED=false or only machines are configured.",
  },
  { name: "HEARTBEAT_LLM_MODEL", path: [...TARGET_PATH, "model"], meaning: "Model to ask for." },
  {
    name: "HEARTBEAT_CHECK_INTERVAL",
    path: [...TARGET_PATH, "interval"],
    fallback: target.interval.default,
    meaning: "Time between two probes.",
  },
  {
    name: "HEARTBEAT_FAILURE_THRESHOLD",
    path: [...TARGET_PATH, "failure_threshold"],
    fallback: String(target.failure_threshold.default),
    meaning: "Consecutive failures after which the target is unhealthy and in fallback mode.",
  },
  {
    name: "HEARTBEAT_HEALTHY_THRESHOLD",
    path: [...TARGET_PATH, "healthy_threshold"],
    fallback: String(target.healthy_threshold.default),
    meaning: "Consecutive successes after which the target is healthy and in primary mode again.",
  },
  {
    name: "FAILOVER_MODE",
    path: [...FAILOVER_PATH, "mode"],
    fallback: failover.mode.default,
    meaning: failover.mode.description,
  },
  {
    name: "FAILOVER_CONFIDENCE_REDUCTION",
    path: [...FAILOVER_PATH, "confidence_reduction"],
    fallback: String(failover.confidence_reduction.default),
    meaning: "How much consumers lower their confidence in fallback mode, from 0 to 1.",
  },
  {
    name: "FAILOVER_PROCESS_LOWER_CONFIDENCE",
    path: [...FAILOVER_PATH, "process_with_lower_confidence"],
    fallback: String(failover.process_with_lower_confidence.default),
    boolean: true,
    meaning: failover.process_with_lower_confidence.description,
  },
  {
    name: "FAILOVER_MAX_DURATION",
    path: [...FAILOVER_PATH, "max_duration"],
    fallback: failover.max_duration.default,
    meaning: failover.max_duration.description,
  },
  {
    name: "HEARTBEAT_CONTROL_TOKEN",
    path: ["control", "token"],
    secret: true,
    meaning: "Bearer token of the control routes. Without one they are disabled.",
  },
  {
    name: "HEARTBEAT_CONTROL_TOKEN_FILE",
    path: ["control", "token_file"],
    meaning: "File with that token; read again when it changes.",
  },
  {
    name: "HEARTBEAT_PING_TOKEN",
    path: ["heartbeat_registration", "token"],
    secret: true,
    meaning: "Token with which machines register on their first ping to /ping/NAME.",
  },
  {
    name: "HEARTBEAT_PING_TOKEN_FILE",
    path: ["heartbeat_registration", "token_file"],
    meaning: "File with that token; read again when it changes.",
  },
  {
    name: "CONTEXT_API_ENABLED",
    path: ["context_api", "enabled"],
    fallback: String(contextApi.enabled.default),
    boolean: true,
    meaning: "Serve the routes /health, /status, /heartbeat/ and /config/.",
  },
  {
    name: "CONTEXT_API_METRICS_ENABLED",
    path: ["context_api", "metrics_enabled"],
    fallback: String(contextApi.metrics_enabled.default),
    boolean: true,
    meaning: contextApi.metrics_enabled.description,
  },
];

/** Numbers of the further models that the environment can describe, to which the route falls back in this order. */
export const ALTERNATIVES = [2, 3] as const;

/** Variables that are an alternative's own, with its number at the end. It shares all others with the first model. */
const OF_ALTERNATIVE: Readonly<Record<string, string>> = {
  HEARTBEAT_LLM_URL: "Base URL of the API of another model. Its target joins a route behind the first one.",
  HEARTBEAT_LLM_MODEL: "Model to ask for there.",
  HEARTBEAT_LLM_API: "API that it speaks.",
  HEARTBEAT_LLM_API_KEY: "Key sent to it.",
  HEARTBEAT_LLM_API_KEY_FILE: "File with that key.",
};

/** Returns the name of a variable of an alternative: `HEARTBEAT_LLM_URL_2`, `HEARTBEAT_LLM_API_KEY_2_FILE`. */
export const numbered = (name: string, number: number): string =>
  name.replace(/(?:_FILE)?$/, (end) => `_${number}${end}`);

/** Returns the name of the module and target of an alternative. */
export const alternativeName = (number: number): string => `${LLM}-${number}`;

/** Returns the variables that describe an alternative: its own ones, and those that it shares. */
export const alternativeVariables = (number: number): readonly Variable[] =>
  VARIABLES.flatMap((variable) => {
    const path = alternativePath(variable.path, number);
    if (path === undefined) return [];
    const meaning = OF_ALTERNATIVE[variable.name];
    return [
      meaning === undefined
        ? { ...variable, path }
        : { ...variable, path, name: numbered(variable.name, number), meaning },
    ];
  });

/** Returns the path of an alternative in place of that of the first model; `undefined` if it concerns neither. */
function alternativePath([section, , ...rest]: Path, number: number): Path | undefined {
  if (section === "modules") return [section, alternativeName(number), ...rest];
  return section === "targets" ? [section, number - 1, ...rest] : undefined;
}

/** Returns the variables that are an alternative's own. */
export function ownVariables(number: number): readonly Variable[] {
  const names = new Set(Object.keys(OF_ALTERNATIVE).map((name) => numbered(name, number)));
  return alternativeVariables(number).filter(({ name }) => names.has(name));
}

/** The variables that are the alternatives' own. */
export const ALTERNATIVE_VARIABLES: readonly Variable[] = ALTERNATIVES.flatMap(ownVariables);

/** The name of the route over several models. */
export const ROUTE = {
  name: "HEARTBEAT_ROUTE",
  fallback: LLM,
  meaning: "Name of the route over the models, if there are several: applications ask `/route/NAME`.",
} as const satisfies VariableHelp;

/** Returns the name of the variable that becomes the value at `path`, if there is one. */
export const variableAt = (path: Path): string | undefined =>
  [...VARIABLES, ...ALTERNATIVE_VARIABLES].find(
    (variable) => JSON.stringify(variable.path) === JSON.stringify(path),
  )?.name;

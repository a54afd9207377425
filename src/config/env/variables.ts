import type { Path } from "../document/tree.ts";

/** An environment variable, as the documentation shows it. */
export interface VariableHelp {
  readonly name: string;
  /** What holds when it is not set. */
  readonly fallback?: string;
  readonly meaning: string;
}

/** A variable that stands for one value of the configuration. */
export interface Variable extends VariableHelp {
  readonly path: Path;
  readonly boolean?: true;
  /** Its value is never shown. */
  readonly secret?: true;
}

/** Names of the one module for the LLM, and the places that variables fill. */
export const LLM_MODULE = "llm";
export const MODULE_PATH: Path = ["modules", LLM_MODULE];
export const OPTIONS_PATH: Path = [...MODULE_PATH, "llm"];
export const TARGET_PATH: Path = ["targets", 0];
const FAILOVER_PATH: Path = [...TARGET_PATH, "failover"];

/** The word that the usual prompt asks for. */
export const HEALTH_WORD = "HEALTHY";
/** The prompt when nobody says another. */
export const HEALTH_PROMPT = `System health check. Respond with: ${HEALTH_WORD}`;

/** Whether there is a target, and whether it has failover. */
export const SWITCHES = [
  {
    name: "HEARTBEAT_ENABLED",
    fallback: "true",
    meaning: "Whether there is a target at all.",
  },
  { name: "FAILOVER_ENABLED", fallback: "true", meaning: "Whether the target keeps a failover mode." },
] as const satisfies readonly VariableHelp[];

/** They give the listen address whether there is a file or not. */
export const LISTEN = [
  { name: "CONTEXT_API_HOST", fallback: "0.0.0.0", meaning: "Address to listen on." },
  { name: "CONTEXT_API_PORT", fallback: "8091", meaning: "Port to listen on." },
] as const satisfies readonly VariableHelp[];

/** What probers of the file fall back to. */
export const FALLBACKS = [
  {
    name: "HEARTBEAT_INTERVAL_SECONDS",
    fallback: "60",
    meaning: "Seconds between the heartbeats of a log, where neither they nor the module say so.",
  },
] as const satisfies readonly VariableHelp[];

/** The variables that become values of the configuration. */
export const VARIABLES: readonly Variable[] = [
  {
    name: "HEARTBEAT_TIMEOUT",
    path: [...MODULE_PATH, "timeout"],
    fallback: "10s",
    meaning: "Longest duration of one probe.",
  },
  {
    name: "HEARTBEAT_LLM_API",
    path: [...OPTIONS_PATH, "api"],
    fallback: "openai",
    meaning: "Wire format that the target speaks.",
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
    meaning: "File that holds the key; read again when it changes.",
  },
  {
    name: "HEARTBEAT_HEALTH_PROMPT",
    path: [...OPTIONS_PATH, "prompt"],
    fallback: HEALTH_PROMPT,
    meaning: `Question put to the model. If it contains ${HEALTH_WORD}, so must the answer.`,
  },
  {
    name: "HEARTBEAT_LLM_URL",
    path: [...TARGET_PATH, "target"],
    meaning: "Address of the model. Without it there is no target.",
  },
  { name: "HEARTBEAT_LLM_MODEL", path: [...TARGET_PATH, "model"], meaning: "Model to ask for." },
  {
    name: "HEARTBEAT_CHECK_INTERVAL",
    path: [...TARGET_PATH, "interval"],
    fallback: "30s",
    meaning: "Time between two probes.",
  },
  {
    name: "HEARTBEAT_FAILURE_THRESHOLD",
    path: [...TARGET_PATH, "failure_threshold"],
    fallback: "3",
    meaning: "Failures in a row until unhealthy, and fallback.",
  },
  {
    name: "HEARTBEAT_HEALTHY_THRESHOLD",
    path: [...TARGET_PATH, "healthy_threshold"],
    fallback: "2",
    meaning: "Successes in a row until healthy, and primary.",
  },
  {
    name: "FAILOVER_MODE",
    path: [...FAILOVER_PATH, "mode"],
    fallback: "rule_based",
    meaning: "What consumers do in fallback mode.",
  },
  {
    name: "FAILOVER_CONFIDENCE_REDUCTION",
    path: [...FAILOVER_PATH, "confidence_reduction"],
    fallback: "0.2",
    meaning: "By how much consumers lower their confidence in fallback mode, from 0 to 1.",
  },
  {
    name: "FAILOVER_PROCESS_LOWER_CONFIDENCE",
    path: [...FAILOVER_PATH, "process_with_lower_confidence"],
    fallback: "true",
    boolean: true,
    meaning: "Whether consumers go on processing in fallback mode.",
  },
  {
    name: "FAILOVER_MAX_DURATION",
    path: [...FAILOVER_PATH, "max_duration"],
    fallback: "30m",
    meaning: "Fallback that lasts longer is overdue.",
  },
  {
    name: "HEARTBEAT_CONTROL_TOKEN_FILE",
    path: ["control", "token_file"],
    meaning: "File with the bearer token of control routes; without it they are disabled.",
  },
  {
    name: "HEARTBEAT_PING_TOKEN",
    path: ["heartbeat_registration", "token"],
    secret: true,
    meaning: "Token with which machines register by their first ping to /ping/NAME.",
  },
  {
    name: "HEARTBEAT_PING_TOKEN_FILE",
    path: ["heartbeat_registration", "token_file"],
    meaning: "File that holds that token; read again when it changes.",
  },
  {
    name: "CONTEXT_API_ENABLED",
    path: ["context_api", "enabled"],
    fallback: "true",
    boolean: true,
    meaning: "Whether there are the routes /health, /status, /heartbeat/ and /config/.",
  },
  {
    name: "CONTEXT_API_METRICS_ENABLED",
    path: ["context_api", "metrics_enabled"],
    fallback: "true",
    boolean: true,
    meaning: "Whether there is /metrics.",
  },
];

import { type Environment, escapeReferences } from "../document/convert.ts";
import { ConfigError } from "../document/problems.ts";
import type { Entry, MapNode, Node, Path, Place, ScalarNode } from "../document/tree.ts";
import { hasMachineVariables, MACHINE_VARIABLES } from "./machine.ts";
import { type Timing, timingOf } from "./timing.ts";
import { unknownVariableWarnings } from "./unknown.ts";
import {
  ALTERNATIVE_VARIABLES,
  ALTERNATIVES,
  alternativeName,
  alternativeVariables,
  FAILOVER_SWITCH,
  HEALTH_PROMPT,
  HEALTH_SOCKET,
  HEALTH_WORD,
  LISTEN,
  LLM,
  MODULE_PATH,
  numbered,
  OF_PROBERS,
  OPTIONS_PATH,
  ownVariables,
  ROUTE,
  SHARD,
  STORAGE,
  SWITCHES,
  TARGET_PATH,
  VARIABLES,
  type Variable,
  type VariableHelp,
} from "./variables.ts";

// A configuration described by environment variables alone: LLM targets with failover, and a route over them. Names and defaults come from
// kubernaut's heartbeat guide, except HEARTBEAT_LLM_* and HEARTBEAT_CONTROL_TOKEN*, for which it has no variables.

const INSTEAD_OF_FILE = new Set(
  [...VARIABLES, ...ALTERNATIVE_VARIABLES, ROUTE, ...SWITCHES].map(({ name }) => name),
);

/** The API whose answers have no text to expect a word in. */
const WITHOUT_TEXT = "openai_embeddings";

/** Every variable, for the documentation. */
export const VARIABLES_HELP: readonly VariableHelp[] = [
  ...SWITCHES,
  ...VARIABLES,
  ...ALTERNATIVE_VARIABLES,
  ROUTE,
  ...MACHINE_VARIABLES,
  ...OF_PROBERS,
  ...LISTEN,
  STORAGE,
  HEALTH_SOCKET,
  ...SHARD,
];

const KNOWN = VARIABLES_HELP.map(({ name }) => name);

/**
 * Returns a warning for each unknown variable that looks like one of the exporter's.
 * @param named variables that the file refers to as `${NAME}`
 */
export const warnOfUnknownVariables = (
  env: Environment,
  named: ReadonlySet<string> = new Set(),
): readonly string[] => unknownVariableWarnings(env, KNOWN, named);

/** The configuration that the environment describes. */
export interface EnvironmentTree {
  readonly root: Node;
  readonly problems: readonly VariableProblem[];
  /** Settings that were adjusted to others: texts for the log, each with the path of its cause. */
  readonly warnings: readonly NonNullable<Timing["warning"]>[];
}

/** A mistake in a variable. */
interface VariableProblem {
  readonly variable: string;
  readonly got: string;
  readonly want: string;
  /** The part of the tree that cannot be built; none by default. */
  readonly path?: Path;
}

/**
 * Returns the tree that an equivalent file would have.
 * @param kinds kinds of the available probers; with `http` there is also a module `http_2xx` for `/probe`
 */
export function environmentTree(env: Environment, kinds: readonly string[]): EnvironmentTree {
  const problems: VariableProblem[] = [];
  const flag = (name: string, fallback: string): boolean => {
    const value = read(env, name) ?? fallback;
    const meaning = booleanOf(value);
    if (meaning === undefined) {
      problems.push({ variable: name, got: JSON.stringify(value), want: "true or false" });
    }
    return meaning ?? fallback === "true";
  };
  const enabled = flag("HEARTBEAT_ENABLED", describesOnlyHeartbeats(env) ? "false" : "true");
  if (enabled && read(env, "HEARTBEAT_LLM_URL") === undefined) {
    const want = "the base URL of an LLM such as http://127.0.0.1:11434/v1, or HEARTBEAT_ENABLED=false";
    problems.push({ variable: "HEARTBEAT_LLM_URL", got: "nothing", want });
  }
  const withFailover = flag(FAILOVER_SWITCH, "true");
  const keys = ALTERNATIVES.map((number) => numbered("HEARTBEAT_LLM_API_KEY", number));
  for (const name of ["HEARTBEAT_LLM_API_KEY", ...keys, "HEARTBEAT_CONTROL_TOKEN", "HEARTBEAT_PING_TOKEN"]) {
    if (read(env, name) === undefined || read(env, `${name}_FILE`) === undefined) continue;
    const path = pathOf(name);
    problems.push({ variable: `${name}_FILE`, path, got: `${name} as well`, want: "only one of them" });
  }

  const timing = timingOf(env);
  if (enabled && timing.problem !== undefined) problems.push(timing.problem);

  const root = emptyMap({ variable: "HEARTBEAT_LLM_URL" });
  if (kinds.includes("http")) put(root, ["modules", "http_2xx", "prober"], fixed("http"));
  put(root, [...MODULE_PATH, "prober"], fixed(LLM));
  if (enabled) {
    put(root, [...TARGET_PATH, "name"], fixed(LLM));
    put(root, [...TARGET_PATH, "module"], fixed(LLM));
    put(root, [...TARGET_PATH, "schedule"], fixed("interval"));
  }
  const fill = (variables: readonly Variable[]): void => {
    for (const { name, path, fallback, boolean, secret } of variables) {
      const text = read(env, name) ?? timing.defaults.get(name) ?? fallback;
      if (text === undefined || (path[0] === "targets" && !enabled)) continue;
      if (path.includes("failover") && !withFailover) continue;
      const value = boolean === true ? String(flag(name, fallback ?? "true")) : text;
      put(root, path, secret === true ? reference(name) : scalar(name, value));
    }
  };
  fill(VARIABLES);
  const prompt = read(env, "HEARTBEAT_HEALTH_PROMPT") ?? HEALTH_PROMPT;
  const expectsWord = (api: string): boolean =>
    prompt.includes(HEALTH_WORD) && read(env, api) !== WITHOUT_TEXT;
  if (expectsWord("HEARTBEAT_LLM_API")) put(root, [...OPTIONS_PATH, "expect", "word"], fixed(HEALTH_WORD));

  const alternatives = enabled ? alternativesIn(env, problems) : [];
  for (const number of alternatives) {
    const name = alternativeName(number);
    const at = { variable: numbered("HEARTBEAT_LLM_URL", number) };
    put(root, ["modules", name, "prober"], fixed(LLM, at));
    if (expectsWord(numbered("HEARTBEAT_LLM_API", number)))
      put(root, ["modules", name, LLM, "expect", "word"], fixed(HEALTH_WORD, at));
    for (const [key, value] of [
      ["name", name],
      ["module", name],
      ["schedule", "interval"],
    ] as const)
      put(root, ["targets", number - 1, key], fixed(value, at));
    fill(alternativeVariables(number));
  }
  if (alternatives.length > 0) {
    put(root, ["routes", 0, "name"], scalar(ROUTE.name, read(env, ROUTE.name) ?? ROUTE.fallback));
    for (const [i, name] of [LLM, ...alternatives.map(alternativeName)].entries())
      put(root, ["routes", 0, "order", i], fixed(name));
  }
  const warnings = enabled && timing.warning !== undefined ? [timing.warning] : [];
  return { root: toNode(root), problems, warnings };
}

/** Returns the path of the value that a variable sets. */
const pathOf = (variable: string): Path =>
  [...VARIABLES, ...ALTERNATIVE_VARIABLES].find(({ name }) => name === variable)?.path ?? [];

/** Returns the numbers of the alternatives, and reports variables without the one that they need. */
function alternativesIn(env: Environment, problems: VariableProblem[]): readonly number[] {
  const urls = ALTERNATIVES.filter(
    (number) => read(env, numbered("HEARTBEAT_LLM_URL", number)) !== undefined,
  );
  const given = ALTERNATIVES.filter((number) =>
    ownVariables(number).some(({ name }) => read(env, name) !== undefined),
  );
  for (const number of ALTERNATIVES) {
    const isNeeded = given.some((one) => one >= number);
    if (!isNeeded || urls.includes(number)) continue;
    const want = `the base URL of model ${number}, as there are variables of model ${Math.max(...given)}`;
    problems.push({ variable: numbered("HEARTBEAT_LLM_URL", number), got: "nothing", want });
  }
  return urls;
}

/** Returns true if any configuration variable is set, even with an invalid value. */
export const describesTarget = (env: Environment): boolean =>
  ignoredVariables(env, new Set()).length > 0 || hasMachineVariables(env);

/** Variables that concern the LLM target. */
const ABOUT_LLM: readonly string[] = [
  ...SWITCHES.map(({ name }) => name),
  ...VARIABLES.filter(({ path }) => path[0] === "modules" || path[0] === "targets").map(({ name }) => name),
];

/** Returns true if only heartbeats are described, so that a missing LLM target is not a mistake. */
const describesOnlyHeartbeats = (env: Environment): boolean =>
  (hasMachineVariables(env) ||
    read(env, "HEARTBEAT_PING_TOKEN") !== undefined ||
    read(env, "HEARTBEAT_PING_TOKEN_FILE") !== undefined) &&
  !ABOUT_LLM.some((name) => read(env, name) !== undefined);

/**
 * Returns the variables that are set but have no effect with a file.
 * @param named variables that the file refers to as `${NAME}`, which are used
 */
export const ignoredVariables = (env: Environment, named: ReadonlySet<string>): readonly string[] =>
  [...INSTEAD_OF_FILE].filter((name) => read(env, name) !== undefined && !named.has(name)).toSorted();

/**
 * Returns the listen address from `CONTEXT_API_HOST` and `CONTEXT_API_PORT`.
 * @returns `host:port`, or `undefined` if neither is set
 * @throws ConfigError if the port is not a port number
 */
export function listenAddressFromEnv(env: Environment): string | undefined {
  const [hostVariable, portVariable] = LISTEN;
  const host = read(env, hostVariable.name);
  const portText = read(env, portVariable.name);
  // Kubernetes sets this form for a service called `context-api`.
  const port = portText?.startsWith("tcp://") === true ? undefined : portText;
  if (host === undefined && port === undefined) return undefined;
  if (port !== undefined && !(/^[0-9]{1,5}$/.test(port) && Number(port) <= 65_535)) {
    const want = "a port from 0 to 65535";
    throw new ConfigError([{ place: portVariable.name, path: "", got: JSON.stringify(port), want }]);
  }
  const shownHost = host?.includes(":") === true && !host.startsWith("[") ? `[${host}]` : host;
  return `${shownHost ?? hostVariable.fallback}:${port ?? portVariable.fallback}`;
}

/** Returns the path of the store from `HEARTBEAT_STORAGE_PATH`; an empty one counts as not set. */
export const storagePathFromEnv = (env: Environment): string | undefined => read(env, STORAGE.name);

/** Returns the name of the socket for the health check from `HEARTBEAT_HEALTH_SOCKET`; an empty one counts as not set. */
export const healthSocketFromEnv = (env: Environment): string | undefined => read(env, HEALTH_SOCKET.name);

/** Returns the value of a variable; an empty one counts as not set. */
function read(env: Environment, name: string): string | undefined {
  const value = env[name]?.trim();
  return value === "" ? undefined : value;
}

function booleanOf(text: string): boolean | undefined {
  if (/^(?:true|1|yes)$/i.test(text)) return true;
  return /^(?:false|0|no)$/i.test(text) ? false : undefined;
}

const scalar = (variable: string, text: string): ScalarNode => ({
  kind: "scalar",
  text: escapeReferences(text),
  // A plain scalar may become a number, but YAML would fold the lines of a plain text.
  style: /[\n\t]/.test(text) ? "quoted" : "plain",
  place: { variable },
});

/** A secret is written as a reference, so that the equivalent file can be shown. */
const reference = (variable: string): ScalarNode => ({
  kind: "scalar",
  text: `\${${variable}}`,
  style: "plain",
  place: { variable },
});

/** A value that no variable can change. */
const fixed = (
  text: string,
  { variable }: { variable: string } = { variable: "HEARTBEAT_LLM_URL" },
): ScalarNode => scalar(variable, text);

/** A map under construction; one with numbers as keys becomes a list. */
interface MutableMap {
  readonly place: Place;
  readonly children: Map<string | number, MutableMap | ScalarNode>;
}

const emptyMap = (place: Place): MutableMap => ({ place, children: new Map() });

function put(map: MutableMap, [step, ...rest]: Path, leaf: ScalarNode): void {
  if (step === undefined) return;
  if (rest.length === 0) {
    map.children.set(step, leaf);
    return;
  }
  const found = map.children.get(step);
  const child = found !== undefined && "children" in found ? found : emptyMap(leaf.place);
  map.children.set(step, child);
  put(child, rest, leaf);
}

function toNode({ place, children }: MutableMap): Node {
  const nodes = [...children].map(([key, child]): readonly [string | number, Node] => [
    key,
    "children" in child ? toNode(child) : child,
  ]);
  if (nodes.length > 0 && nodes.every(([key]) => typeof key === "number")) {
    return { kind: "list", items: nodes.map(([, node]) => node), place };
  }
  const entries = nodes.map(([key, value]): [string, Entry] => [String(key), { place: value.place, value }]);
  return { kind: "map", entries: new Map(entries), place } satisfies MapNode;
}

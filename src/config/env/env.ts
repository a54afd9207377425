import { type Environment, escapeReferences } from "../document/convert.ts";
import { nearest } from "../document/describe.ts";
import { ConfigError } from "../document/problems.ts";
import type { Entry, MapNode, Node, Path, Place, ScalarNode } from "../document/tree.ts";
import { hasMachineVariables, MACHINE_VARIABLES } from "../sections/heartbeats.ts";
import {
  FALLBACKS,
  HEALTH_PROMPT,
  HEALTH_WORD,
  LISTEN,
  LLM_MODULE,
  MODULE_PATH,
  OPTIONS_PATH,
  SWITCHES,
  TARGET_PATH,
  VARIABLES,
  type VariableHelp,
} from "./variables.ts";

/**
 * The configuration that environment variables alone describe: one LLM target with failover. Names and defaults are
 * those of kubernaut's heartbeat guide; `HEARTBEAT_LLM_*` and `HEARTBEAT_CONTROL_TOKEN_FILE` are ours, because there
 * the address came from elsewhere.
 */

const INSTEAD_OF_FILE = new Set([...VARIABLES, ...SWITCHES].map(({ name }) => name));
const KNOWN = new Set([
  ...INSTEAD_OF_FILE,
  ...[...LISTEN, ...FALLBACKS, ...MACHINE_VARIABLES].map(({ name }) => name),
]);

/** Every variable, for the documentation. */
export const VARIABLES_HELP: readonly VariableHelp[] = [
  ...SWITCHES,
  ...VARIABLES,
  ...MACHINE_VARIABLES,
  ...FALLBACKS,
  ...LISTEN,
];

/** What the environment says. */
export interface EnvironmentTree {
  readonly root: Node;
  readonly problems: readonly { readonly variable: string; readonly got: string; readonly want: string }[];
  readonly warnings: readonly string[];
}

/**
 * The tree that a file saying the same would have.
 * @param kinds of the probers there are; a module `http_2xx` for `/probe` is added if one of them is `http`
 */
export function environmentTree(env: Environment, kinds: readonly string[]): EnvironmentTree {
  const problems: { variable: string; got: string; want: string }[] = [];
  const flag = (name: string, fallback: string): boolean => {
    const value = read(env, name) ?? fallback;
    const meaning = booleanOf(value);
    if (meaning === undefined) {
      problems.push({ variable: name, got: JSON.stringify(value), want: "true or false" });
    }
    return meaning ?? fallback === "true";
  };
  const enabled = flag("HEARTBEAT_ENABLED", onlyHeartbeats(env) ? "false" : "true");
  if (enabled && read(env, "HEARTBEAT_LLM_URL") === undefined) {
    const want = "the base URL of an LLM such as http://127.0.0.1:11434/v1, or HEARTBEAT_ENABLED=false";
    problems.push({ variable: "HEARTBEAT_LLM_URL", got: "nothing", want });
  }
  const withFailover = flag("FAILOVER_ENABLED", "true");
  for (const name of ["HEARTBEAT_LLM_API_KEY", "HEARTBEAT_PING_TOKEN"]) {
    if (read(env, name) === undefined || read(env, `${name}_FILE`) === undefined) continue;
    problems.push({ variable: `${name}_FILE`, got: `${name} besides`, want: "only one of the two" });
  }

  const root = emptyMap({ variable: "HEARTBEAT_LLM_URL" });
  if (kinds.includes("http")) put(root, ["modules", "http_2xx", "prober"], fixed("http"));
  put(root, [...MODULE_PATH, "prober"], fixed("llm"));
  if (enabled) {
    put(root, [...TARGET_PATH, "name"], fixed("llm"));
    put(root, [...TARGET_PATH, "module"], fixed(LLM_MODULE));
    put(root, [...TARGET_PATH, "schedule"], fixed("interval"));
  }
  for (const { name, path, fallback, boolean, secret } of VARIABLES) {
    const text = read(env, name) ?? fallback;
    if (text === undefined || (path[0] === "targets" && !enabled)) continue;
    if (path.includes("failover") && !withFailover) continue;
    const value = boolean === true ? String(flag(name, fallback ?? "true")) : text;
    put(root, path, secret === true ? reference(name) : scalar(name, value));
  }
  const prompt = read(env, "HEARTBEAT_HEALTH_PROMPT") ?? HEALTH_PROMPT;
  if (prompt.includes(HEALTH_WORD)) put(root, [...OPTIONS_PATH, "expect", "word"], fixed(HEALTH_WORD));
  return { root: frozen(root), problems, warnings: unknownVariables(env).map(unknownWarning) };
}

function unknownWarning(name: string): string {
  const guess = nearest(name, KNOWN);
  return `${name}: no such variable${guess === undefined ? "" : `, did you mean ${guess}?`}`;
}

/** Kubernetes adds such variables for every service, so one called `heartbeat` or `context-api` looks like ours. */
const SERVICE_LINK =
  /_(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT|PORT_[0-9]+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)$/;

const unknownVariables = (env: Environment): readonly string[] =>
  Object.keys(env)
    .filter((name) => /^(?:HEARTBEAT|FAILOVER|CONTEXT_API|MACHINE_(?:OFFLINE|HEARTBEAT))_/.test(name))
    .filter((name) => !KNOWN.has(name) && !SERVICE_LINK.test(name))
    .toSorted();

/** Whether somebody configures something by variables, be it badly: a forgotten one is not to pass for none. */
export const describesTarget = (env: Environment): boolean =>
  ignoredVariables(env, new Set()).length > 0 || hasMachineVariables(env);

/** Variables that are about an LLM, be it that there is none. */
const ABOUT_LLM: readonly string[] = [
  ...SWITCHES.map(({ name }) => name),
  ...VARIABLES.filter(({ path }) => path[0] === "modules" || path[0] === "targets").map(({ name }) => name),
];

/** Whether machines are to ping and nothing is said of an LLM, so that none is missed. */
const onlyHeartbeats = (env: Environment): boolean =>
  (hasMachineVariables(env) ||
    read(env, "HEARTBEAT_PING_TOKEN") !== undefined ||
    read(env, "HEARTBEAT_PING_TOKEN_FILE") !== undefined) &&
  !ABOUT_LLM.some((name) => read(env, name) !== undefined);

/** Variables that would describe a target, were there no file. Those that the file itself names are not meant. */
export const ignoredVariables = (env: Environment, named: ReadonlySet<string>): readonly string[] =>
  [...INSTEAD_OF_FILE].filter((name) => read(env, name) !== undefined && !named.has(name)).toSorted();

/**
 * The address to listen on that `CONTEXT_API_HOST` (default 0.0.0.0) and `CONTEXT_API_PORT` (default 8091) give.
 * @returns `host:port`, or `undefined` when neither is set
 * @throws ConfigError when the port is none
 */
export function listenAddressFromEnv(env: Environment): string | undefined {
  const host = read(env, "CONTEXT_API_HOST");
  const written = read(env, "CONTEXT_API_PORT");
  // What Kubernetes makes of a service called `context-api`.
  const port = written?.startsWith("tcp://") === true ? undefined : written;
  if (host === undefined && port === undefined) return undefined;
  if (port !== undefined && !(/^[0-9]{1,5}$/.test(port) && Number(port) <= 65_535)) {
    const problem = {
      place: "CONTEXT_API_PORT",
      path: "",
      got: JSON.stringify(port),
      want: "a port from 0 to 65535",
    };
    throw new ConfigError([problem]);
  }
  const shownHost = host?.includes(":") === true && !host.startsWith("[") ? `[${host}]` : host;
  return `${shownHost ?? "0.0.0.0"}:${port ?? "8091"}`;
}

/** The value of a variable; set to nothing, it counts as not set. */
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
  // Plain, a number can become one; over several lines YAML would fold the text.
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

/** What no variable can change. */
const fixed = (text: string): ScalarNode => scalar("HEARTBEAT_LLM_URL", text);

interface GrowingMap {
  readonly place: Place;
  readonly children: Map<string | number, GrowingMap | ScalarNode>;
}

const emptyMap = (place: Place): GrowingMap => ({ place, children: new Map() });

function put(map: GrowingMap, [step, ...rest]: Path, leaf: ScalarNode): void {
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

/** The finished tree; what is keyed by numbers is a list. */
function frozen({ place, children }: GrowingMap): Node {
  const nodes = [...children].map(([key, child]): readonly [string | number, Node] => [
    key,
    "children" in child ? frozen(child) : child,
  ]);
  if (nodes.length > 0 && nodes.every(([key]) => typeof key === "number")) {
    return { kind: "list", items: nodes.map(([, node]) => node), place };
  }
  const entries = nodes.map(([key, value]): [string, Entry] => [String(key), { place: value.place, value }]);
  return { kind: "map", entries: new Map(entries), place } satisfies MapNode;
}

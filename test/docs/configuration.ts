import { parse, stringify } from "yaml";
import { configDeps } from "../../src/cli/load-config.ts";
import { editorSchemaText } from "../../src/config/editor-schema.ts";
import { loadConfigText } from "../../src/config/load.ts";
import { probers } from "../../src/probers/index.ts";

type Value = Readonly<Record<string, unknown>>;

/** The modules that pages speak of without showing them. */
const MODULES: Readonly<Record<string, Value>> = {
  http_2xx: { prober: "http" },
  chat: { prober: "llm", llm: { api: "openai" } },
};

/** The sections of a configuration of the exporter. */
const SECTIONS = new Set(
  Object.keys((JSON.parse(editorSchemaText(probers)) as { readonly properties: object }).properties),
);

/** Says if all top-level keys are sections of a configuration of the exporter. */
export const isConfiguration = (value: unknown): value is Value =>
  isMap(value) && Object.keys(value).length > 0 && Object.keys(value).every((key) => SECTIONS.has(key));

/**
 * Loads a configuration of a page as `config check` does. A part of a configuration gets what it refers to and does not show:
 * modules, members of groups and routes, files with secrets, variables.
 * @param secret a file that can stand for every secret
 * @throws Error with every problem
 */
export function checkConfiguration(text: string, secret: string): void {
  const source = text.replaceAll(SECRET_FILE, `$1: ${secret}`);
  const env = Object.fromEntries(
    [...source.matchAll(/\$\{(\w+)\}/g)].map(([, name = ""]) => [name, "value"]),
  );
  try {
    // As it stands, so that problems have the lines of the page.
    loadConfigText(source, "exporter.yml", env, configDeps);
  } catch (error) {
    const whole = completed(parse(source) as Value);
    if (whole === undefined) throw error;
    loadConfigText(stringify(whole), "exporter.yml", env, configDeps);
  }
}

const SECRET_FILE = /(\b(?:\w+_)?(?:token|key|password|url|username|secret)_file): *[^\s,}]+/g;

/** Adds what the sections refer to and the configuration lacks; returns `undefined` if that is nothing. */
function completed(config: Value): Value | undefined {
  const targets = mapsIn(config["targets"]);
  const added = missingNames(config).map((name) => ({
    name,
    module: "http_2xx",
    target: `http://${name}.example.com`,
    failover: true,
  }));
  // Something critical, for the conditions of messages.
  const last = { name: "critical", module: "http_2xx", target: "http://example.com", critical: true };
  const modules = isMap(config["modules"]) ? config["modules"] : {};
  const used = new Set([...targets, last].map(({ module }) => String(module)));
  const missing = [...used].filter((name) => !(name in modules) && name in MODULES);
  if (added.length === 0 && missing.length === 0) return undefined;
  const further = Object.fromEntries(missing.map((name) => [name, MODULES[name]]));
  return { ...config, modules: { ...further, ...modules }, targets: [...targets, ...added, last] };
}

/** Returns the names that sections refer to and that no section has. */
function missingNames(config: Value): readonly string[] {
  const existing = new Set(
    ["targets", "heartbeats", "groups"].flatMap((section) => mapsIn(config[section]).map(({ name }) => name)),
  );
  const referring: readonly (readonly [section: string, key: string])[] = [
    ["groups", "members"],
    ["groups", "critical_members"],
    ["routes", "order"],
    ["maintenance", "targets"],
    ["webhooks", "targets"],
    ["targets", "depends_on"],
    ["heartbeats", "depends_on"],
  ];
  const names = referring.flatMap(([section, key]) =>
    mapsIn(config[section]).flatMap((one) => list(one[key])),
  );
  return [...new Set(names)].filter(
    (name): name is string => typeof name === "string" && !existing.has(name) && !name.includes("*"),
  );
}

const isMap = (value: unknown): value is Value =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);
const mapsIn = (value: unknown): readonly Value[] => list(value).filter(isMap);

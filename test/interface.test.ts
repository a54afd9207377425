import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ExporterProcess, runMain, startExporter } from "./helpers/exporter.ts";

// What users, dashboards and programs rely on by name, as release 0.1.0 had it. Names may be added; none of
// these may change or go. Record anew with RECORD_INTERFACE=1 only when a release breaks one on purpose.

interface PublicInterface {
  /** `name type label label`, of docs/metrics.md. */
  readonly metrics: readonly string[];
  /** `section: option default`, of docs/configuration.md, environment variables included. */
  readonly configuration: readonly string[];
  /** `command --flag`, of docs/command-line.md. */
  readonly flags: readonly string[];
  /** `path: methods`, by the Allow header of a 405. */
  readonly routes: readonly string[];
  /** `path: key path`, of the JSON that a route answers. */
  readonly json: readonly string[];
  /** `arguments: exit code`. */
  readonly exitCodes: readonly string[];
}

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const FILE = fileURLToPath(new URL("golden/interface-0.1.0.json", import.meta.url));
const RECORDING = process.env["RECORD_INTERFACE"] === "1";
const recorded: PublicInterface = RECORDING
  ? { metrics: [], configuration: [], flags: [], routes: [], json: [], exitCodes: [] }
  : (JSON.parse(readFileSync(FILE, "utf8")) as PublicInterface);

const page = (name: string): string => readFileSync(`${ROOT}docs/${name}`, "utf8");
const code = (cell: string): string => cell.replaceAll("`", "").trim();

const metrics = (): string[] =>
  [...page("metrics.md").matchAll(/^\| `(\w+)` \| (\w+) \| ([^|]*) \|/gm)].map(
    ([, name, type, labels = ""]) =>
      `${name} ${type} ${code(labels).split(/,\s*/).toSorted().join(" ")}`.trim(),
  );

function configuration(): string[] {
  let section = "";
  const options = page("configuration.md")
    .split("\n")
    .flatMap((line) => {
      const heading = /^#+ (.*)$/.exec(line)?.[1];
      if (heading !== undefined) {
        section = sectionOf(heading);
        return section.endsWith("[].") ? [section.slice(0, -"[].".length)] : [];
      }
      const [, option, ...cells] = line.split(/(?<!\\)\s*\|\s*/);
      if (option === undefined || !option.startsWith("`")) return [];
      const fallback = /^`[A-Z]/.test(option) ? cells[0] : cells[1];
      return [`${section}${code(option)} ${code(fallback ?? "")}`.trim()];
    });
  // An object is there if its options are; whether it has a line of its own is up to the page.
  return options.filter((option) => !options.some((other) => isOptionOf(other, option)));
}

const isOptionOf = (option: string, object: string): boolean => {
  const path = object.split(" ")[0] ?? object;
  return [".", "[]"].some((step) => option.startsWith(`${path}${step}`));
};

/** The path of the options below a heading, which names what they belong to in backticks if they have one. */
function sectionOf(heading: string): string {
  const named = /`([^`]+)`/.exec(heading)?.[1];
  return named === undefined ? "" : `${named}${heading.startsWith("Options of prober") ? ": " : "."}`;
}

function flags(): string[] {
  let command = "";
  return page("command-line.md")
    .split("\n")
    .flatMap((line) => {
      command = /^\$ heartbeat-exporter (.*?) ?--help$/.exec(line)?.[1] ?? command;
      const flag = /^\s+(?:-\w, )?(--[\w.-]+)/.exec(line)?.[1];
      return flag === undefined || line.includes("heartbeat-exporter") ? [] : [`${command} ${flag}`.trim()];
    });
}

const PATHS = `
  / /metrics /sd /-/healthy /-/ready /-/reload /config /logs /heartbeats /machines
  /heartbeats/backup /machines/backup /heartbeats/backup/body /ping/backup /ping/backup/start
  /ping/backup/fail /ping/backup/log /ping/backup/0 /api/v1/report /api/v1/dashboard
  /api/v1/events /livez /readyz /report /api/v1/targets /api/v1/groups /api/v1/components
  /api/v1/components/queue /alertmanager/relay/phone /alertmanager/actions/restart /api/v1/relay
  /api/v1/relay/phone/replay /api/v1/relay/phone/dead-letters /api/v1/actions
  /api/v1/actions/restart/runs/1/output /api/v1/actions/restart/reset /api/v1/maintenance
  /api/v1/maintenance/1 /health /status /heartbeat/status /heartbeat/config /heartbeat/trigger
  /config/mode /config/failover /config/recovery /config/force/primary /config/force/fallback
  /config/force/auto
`
  .trim()
  .split(/\s+/);

const JSON_ROUTES = `
  /sd /heartbeats /machines /heartbeats/backup /api/v1/report /api/v1/dashboard /report
  /api/v1/targets /api/v1/groups /api/v1/components /api/v1/relay /api/v1/actions
  /api/v1/maintenance /health /status /heartbeat/status /heartbeat/config /config/mode
  /api/v1/events?format=json
`
  .trim()
  .split(/\s+/);

/** Every key of a JSON value as a path, `[]` for the elements of a list. */
function keyPaths(value: unknown, path = ""): string[] {
  if (Array.isArray(value)) return value.flatMap((element) => keyPaths(element, `${path}[]`));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    `${path}.${key}`,
    ...keyPaths(inner, `${path}.${key}`),
  ]);
}

const EXITS: readonly (readonly string[])[] = [
  ["--version"],
  ["--help"],
  ["--no-such-flag"],
  ["no-such-command"],
  ["--config.file=no-such-file.yml", "--config.check"],
  ["--config.file=examples/exporter.yml", "--config.check"],
  ["config", "check", "--config.file=no-such-file.yml"],
  ["probe", "--config.file=no-such-file.yml"],
  ["estimate", "--config.file=examples/money.yml"],
  ["report", "--url=http://127.0.0.1:1"],
];

/** An hour at which no window begins soon, nor has begun lately: results in maintenance do not count. */
const NIGHT = (new Date().getUTCHours() + 12) % 24;

const YAML = `
control: { token_file: token }
modules: { web: { prober: http, timeout: 2s } }
relays: [{ name: phone, token_file: token, url: "http://127.0.0.1:1" }]
actions: [{ name: restart, token_file: token, match: { alertname: Down }, run: [/bin/true], verify: never }]
maintenance: [{ name: night, targets: [shop], cron: 0 ${NIGHT} * * *, duration: 1h }]
heartbeats: [{ name: backup, kind: job, hostname: prod-01, owner: web, labels: { tier: front } }]
targets:
  - { name: shop, module: web, target: "http://127.0.0.1:1", critical: true, interval: 1h, failover: {} }
groups: [{ name: all, members: [shop, backup] }]
`;

/** Divides the methods of a route, of which a later version may have more. */
const pieces = (entry: string): readonly string[] => {
  const [, route = "", methods = ""] = /^(\S+: 405) (.+)$/.exec(entry) ?? [];
  return route === "" ? [entry] : methods.split(", ").map((method) => `${route} ${method}`);
};

describe("the public interface of 0.1.0", () => {
  let exporter: ExporterProcess;
  const found: Record<keyof PublicInterface, string[]> = {
    metrics: metrics(),
    configuration: configuration(),
    flags: flags(),
    routes: [],
    json: [],
    exitCodes: [],
  };

  beforeAll(async () => {
    exporter = await startExporter({ yaml: YAML, files: { token: "control-token-of-the-test" } });
    await exporter.get("/ping/backup");
    await exporter.get("/probe?target=shop");
    for (const path of PATHS) {
      const response = await fetch(`${exporter.url}${path}`, { method: "PATCH" });
      found.routes.push(`${path}: ${response.status} ${response.headers.get("allow")}`);
    }
    for (const path of JSON_ROUTES) {
      const keys = keyPaths(await exporter.json(path).catch(() => ({})));
      found.json.push(...new Set(keys.map((key) => `${path}: ${key}`)));
    }
    for (const args of EXITS) {
      const { code: exitCode } = await runMain(args).exited;
      found.exitCodes.push(`${args.join(" ")}: ${exitCode}`);
    }
    if (RECORDING) {
      await writeFile(FILE, `${JSON.stringify(found, undefined, 2)}\n`);
      throw new Error(`recorded ${FILE}`);
    }
  }, 120_000);
  afterAll(() => exporter[Symbol.asyncDispose]());

  it.each(Object.keys(recorded) as (keyof PublicInterface)[])("keeps its %s", (part) => {
    expect(recorded[part].length).toBeGreaterThan(5);
    const now = new Set(found[part].flatMap(pieces));
    expect(recorded[part].flatMap(pieces).filter((name) => !now.has(name))).toEqual([]);
  });
});

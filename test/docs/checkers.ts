import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { expect } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { runMain } from "../helpers/exporter.ts";
import { run } from "../helpers/process.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { runTool } from "../helpers/tools.ts";
import { readsOf } from "../pack/promql.ts";
import { type Block, ROOT } from "./blocks.ts";
import { checkConfiguration, isConfiguration } from "./configuration.ts";
import { problemOf } from "./programs.ts";
import { shellCommands, typedIn } from "./shell-commands.ts";

/** A check of blocks of one form. */
export interface Checker {
  readonly name: string;
  /** Says if a block has this form. A block has exactly one. */
  claims(block: Block): boolean;
  /** Rejects if the block is wrong. */
  check(block: Block): Promise<void>;
}

type Value = Readonly<Record<string, unknown>>;

/** Returns the first document of a block of YAML; what cannot be parsed is `undefined`, which only `yaml` claims. */
function documentOf({ language, text }: Block): unknown {
  if (language !== "yaml") return undefined;
  const [document] = parseAllDocuments(text);
  return document === undefined || !("toJS" in document) || document.errors.length > 0
    ? undefined
    : (document.toJS() as unknown);
}

const isMap = (value: unknown): value is Value =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const hasKeys = (value: unknown, ...keys: readonly string[]): value is Value =>
  isMap(value) && keys.some((key) => key in value);
const isListOf = (value: unknown, ...keys: readonly string[]): value is readonly Value[] =>
  Array.isArray(value) && value.every((one) => hasKeys(one, ...keys));

/** Runs promtool of the oldest supported and a current version on a file. */
async function promtoolAccepts(words: readonly string[], text: string): Promise<void> {
  await using folder = await temporaryFolder();
  const file = await folder.write("checked.yml", text);
  for (const version of ["bookworm", "newest"] as const) {
    const { code, stdout, stderr } = await runTool("promtool", version, [...words, file]);
    expect({ version, code, output: stdout + stderr }).toMatchObject({ code: 0 });
  }
}

const configuration: Checker = {
  name: "configuration",
  claims: (block) => {
    const value = documentOf(block);
    return isConfiguration(value) && !("plugins" in value);
  },
  check: async ({ text }) => {
    await using folder = await temporaryFolder();
    checkConfiguration(text, await folder.write("secret", "https://example.com/secret-of-the-test\n"));
  },
};

const withPlugins: Checker = {
  name: "configuration with a plugin of the examples",
  claims: (block) => hasKeys(documentOf(block), "plugins"),
  check: async ({ text }) => {
    await using folder = await temporaryFolder();
    await folder.write("redis.ts", readFileSync(join(ROOT, "examples/plugin/redis.ts"), "utf8"));
    const file = await folder.write("exporter.yml", text);
    await using checked = runMain(["config", "check", `--config.file=${file}`]);
    expect([await checked.exited, checked.output()]).toMatchObject([{ code: 0 }, expect.anything()]);
  },
};

const prometheus: Checker = {
  name: "prometheus.yml",
  claims: (block) => hasKeys(documentOf(block), "scrape_configs", "rule_files"),
  check: ({ text }) => promtoolAccepts(["check", "config"], text),
};

const scrapeJob: Checker = {
  name: "a job of prometheus.yml",
  claims: (block) => hasKeys(documentOf(block), "job_name"),
  check: ({ text }) =>
    promtoolAccepts(["check", "config"], `scrape_configs:\n- ${text.trimEnd().replaceAll("\n", "\n  ")}\n`),
};

const alertRules: Checker = {
  name: "rules of Prometheus",
  claims: (block) => isListOf(documentOf(block), "alert", "record"),
  check: ({ text }) =>
    promtoolAccepts(
      ["check", "rules"],
      `groups:\n- name: page\n  rules:\n  ${text.trimEnd().replaceAll("\n", "\n  ")}\n`,
    ),
};

const fileDiscovery: Checker = {
  name: "targets of file service discovery",
  claims: (block) => isListOf(documentOf(block), "targets"),
  check: async ({ text }) => {
    await using folder = await temporaryFolder();
    const modules = await folder.write("blackbox.yml", "modules: { http_2xx: { prober: http } }\n");
    const targets = await folder.write("targets.yml", text);
    await using imported = runMain(["config", "import", modules, `--targets=${targets}`]);
    expect([await imported.exited, imported.output()]).toMatchObject([{ code: 0 }, expect.anything()]);
  },
};

const overrides: Checker = {
  name: "overrides of pack",
  claims: (block) =>
    hasKeys(documentOf(block), "alerts") && hasKeys(documentOf(block), "runbook_url", "labels"),
  check: async ({ text }) => {
    await using folder = await temporaryFolder();
    const file = await folder.write("overrides.yml", text);
    await using packed = runMain(["pack", `--out=${join(folder.path, "out")}`, `--overrides=${file}`]);
    expect([await packed.exited, packed.output()]).toMatchObject([{ code: 0 }, expect.anything()]);
  },
};

const chartSchema = JSON.parse(
  readFileSync(join(ROOT, "deploy/helm/heartbeat-exporter/values.schema.json"), "utf8"),
) as { readonly properties: object };
const validValues = new Ajv({ strict: false, allErrors: true, logger: false }).compile(chartSchema);

/** `test/deploy/examples.test.ts` renders them as well. */
const chartValues: Checker = {
  name: "values of the Helm chart",
  claims: (block) => {
    const value = documentOf(block);
    return (
      isMap(value) &&
      !isConfiguration(value) &&
      Object.keys(value).every((key) => key in chartSchema.properties)
    );
  },
  check: async ({ text }) => {
    const isValid = validValues(parse(text));
    expect({ isValid, errors: validValues.errors ?? [] }).toEqual({ isValid: true, errors: [] });
    const { config } = parse(text) as { readonly config?: object };
    if (config === undefined) return;
    await using folder = await temporaryFolder();
    checkConfiguration(JSON.stringify(config), await folder.write("secret", "secret-of-the-test\n"));
  },
};

const kustomization: Checker = {
  name: "kustomization",
  claims: (block) =>
    hasKeys(documentOf(block), "resources", "components") && hasKeys(documentOf(block), "images"),
  check: async ({ text }) => {
    const { resources, components } = parse(text) as { resources: string[]; components: string[] };
    for (const part of [...resources, ...components])
      readFileSync(join(ROOT, "deploy/kubernetes", part, "kustomization.yaml"));
  },
};

/** `test/deploy/pages.test.ts` validates them as an API server does. */
const kubernetes: Checker = {
  name: "objects of Kubernetes",
  claims: (block) => hasKeys(documentOf(block), "apiVersion"),
  check: async ({ text }) => {
    for (const document of parseAllDocuments(text)) {
      const value = document.toJS() as Value & { readonly data?: Readonly<Record<string, string>> };
      expect(value).toMatchObject({ apiVersion: expect.any(String), kind: expect.any(String) });
      const config = value.data?.["exporter.yml"];
      if (config !== undefined) checkConfiguration(config, "/nonexistent");
    }
  },
};

const container: Checker = {
  name: "containers of a pod",
  claims: (block) => isListOf(documentOf(block), "image"),
  check: async ({ text }) => {
    expect(parse(text)).toEqual([
      expect.objectContaining({ name: expect.any(String), image: expect.any(String) }),
    ]);
  },
};

const json: Checker = {
  name: "JSON",
  claims: ({ language }) => language === "json",
  check: async ({ text }) => void JSON.parse(text),
};

/** Queries: one in each line, or one over lines that are indented or end with an open parenthesis. */
const promql: Checker = {
  name: "PromQL",
  claims: ({ language }) => language === "promql",
  check: async ({ text }) => {
    for (const query of queriesIn(text)) readsOf(query);
  },
};

function queriesIn(text: string): readonly string[] {
  const queries: string[] = [];
  for (const line of text.split("\n").filter((one) => one.trim() !== "")) {
    const last = queries.at(-1);
    const isOpen =
      last !== undefined && (last.match(/[({]/g)?.length ?? 0) > (last.match(/[)}]/g)?.length ?? 0);
    if (last !== undefined && (isOpen || /^\s/.test(line) || /^\s*(?:and|or|unless|[-+*/>)])/.test(line)))
      queries[queries.length - 1] = `${last}\n${line}`;
    else queries.push(line);
  }
  return queries.filter((query) => !query.startsWith("#"));
}

const commands: Checker = {
  name: "commands",
  claims: ({ language }) => language === "sh" || language === "console",
  check: async ({ language, text }) => {
    const script = language === "sh" ? text : typedIn(text);
    const parsed = await run(["sh", "-n"], { input: script });
    expect(parsed).toMatchObject({ code: 0, stderr: "" });
    const found = shellCommands(script);
    expect(found).not.toEqual([]);
    expect(found.flatMap((command) => problemOf(command) ?? [])).toEqual([]);
  },
};

/** The lines of a crontab: variables, or five fields, in files of /etc/cron.d a user, and a command. */
const CRON_LINE = /^(?:\w+=\S*|(?:[\d*/,-]+ ){5}(?:root +)?(?<command>\S.*))$/;

const crontab: Checker = {
  name: "lines of a crontab",
  claims: ({ language, text }) =>
    language === "text" &&
    text
      .trimEnd()
      .split("\n")
      .every((line) => CRON_LINE.test(line)),
  check: async ({ text }) => {
    const lines = text.split("\n").flatMap((line) => CRON_LINE.exec(line)?.groups?.["command"] ?? []);
    expect(lines).not.toEqual([]);
    expect(lines.flatMap(shellCommands).flatMap((command) => problemOf(command) ?? [])).toEqual([]);
  },
};

/** Units of systemd, and what changes them. */
const units: Checker = {
  name: "units of systemd",
  claims: ({ language }) => language === "ini",
  check: async ({ text }) => {
    await using folder = await temporaryFolder();
    const [, name = "heartbeat-exporter.service"] = /^# (\S+)\n/.exec(text) ?? [];
    const whole: Readonly<Record<string, string>> = {
      "heartbeat-exporter.socket": "[Socket]\nListenStream=8091\n",
      // A change of a unit is no unit.
      "heartbeat-exporter.service": "[Service]\nExecStart=/bin/true\n",
      [name]: /^(?:ExecStart|ListenStream)=/m.test(text)
        ? text.replaceAll("/usr/bin/heartbeat-exporter", "/bin/true")
        : text.replace(/^\[Service\]$/m, "$&\nExecStart=/bin/true"),
    };
    const files = await Promise.all(Object.entries(whole).map(([file, unit]) => folder.write(file, unit)));
    expect(await run(["systemd-analyze", "verify", ...files])).toMatchObject({ code: 0, stderr: "" });
  },
};

const python: Checker = {
  name: "Python",
  claims: ({ language }) => language === "python",
  check: async ({ text }) => {
    const compiled = await run(["python3", "-c", "import ast, sys; ast.parse(sys.stdin.read())"], {
      input: text,
    });
    expect(compiled).toMatchObject({ code: 0, stderr: "" });
  },
};

/** Forms that nothing can run, or that another test runs. Each says why. */
export const ELSEWHERE: readonly { readonly why: string; readonly claims: Checker["claims"] }[] = [
  {
    why: "output, pictures of characters, lines of files",
    claims: (block) => block.language === "text" && !crontab.claims(block),
  },
  {
    why: "badges in Markdown: test/page has tests of the routes",
    claims: ({ language, page }) => language === "markdown" && page === "docs/status-page.md",
  },
  {
    why: "TypeScript: test/docs/programs-in-pages.test.ts compiles it",
    claims: ({ language }) => language === "ts",
  },
];

/** All checks, and what is left to others. */
export const CHECKERS: readonly Checker[] = [
  configuration,
  withPlugins,
  prometheus,
  scrapeJob,
  alertRules,
  fileDiscovery,
  overrides,
  chartValues,
  kustomization,
  kubernetes,
  container,
  json,
  promql,
  commands,
  crontab,
  units,
  python,
];

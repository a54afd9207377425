import { readFileSync } from "node:fs";
import { stringify } from "yaml";
import { optionRows, type Schema } from "./option-rows.ts";

const CHART = "deploy/helm/heartbeat-exporter";

/** Longest line of a comment in values.yaml. */
const WIDTH = 110;

/** A JSON Schema with examples, which values.yaml shows. */
interface ValueSchema extends Schema {
  readonly properties?: Readonly<Record<string, ValueSchema>>;
  readonly examples?: readonly unknown[];
  readonly $ref?: string;
  readonly definitions?: Readonly<Record<string, Schema>>;
}

/** Returns the generated files of the Helm chart by path. Their source is values.schema.json, and package.json for the version. */
export const chartFiles = (): Readonly<Record<string, () => string>> => ({
  [`${CHART}/Chart.yaml`]: chartYaml,
  [`${CHART}/values.yaml`]: valuesYaml,
  [`${CHART}/README.md`]: readme,
});

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const valuesSchema = (): ValueSchema => JSON.parse(read(`${CHART}/values.schema.json`)) as ValueSchema;

function chartYaml(): string {
  const { name, version, description, license } = JSON.parse(read("package.json")) as Record<string, string>;
  const chart = {
    apiVersion: "v2",
    name,
    description,
    type: "application",
    version,
    appVersion: version,
    // persistentVolumeClaimRetentionPolicy and unhealthyPodEvictionPolicy.
    kubeVersion: ">=1.27.0-0",
    keywords: ["prometheus", "monitoring", "llm", "blackbox", "heartbeat"],
    annotations: { "artifacthub.io/license": license },
  };
  return `# Generated from package.json by \`npm run generate\`.\n${stringify(chart, { lineWidth: 0 })}`;
}

function valuesYaml(): string {
  const { properties = {} } = valuesSchema();
  const values = Object.entries(properties).map(([name, value]) => lines(name, value).join("\n"));
  return `# Generated from values.schema.json by \`npm run generate\`; edit it there.\n\n${values.join("\n\n")}\n`;
}

/** Returns the lines of a value in values.yaml: its description, its default or its own values, and an example. */
function lines(name: string, value: ValueSchema): readonly string[] {
  const { description, properties, examples = [] } = value;
  if (description === undefined) throw new Error(`values.schema.json: ${name} has no description`);
  const inner =
    properties === undefined
      ? entry(name, defaultOf(name, value))
      : [
          `${name}:`,
          ...Object.entries(properties).flatMap(([key, one]) => lines(key, one).map((line) => `  ${line}`)),
        ];
  const shown = examples.flatMap((example) => ["# For example:", ...entry(name, example).map(commented)]);
  return [...wrapped(description).map(commented), ...inner, ...shown];
}

function defaultOf(name: string, value: ValueSchema): unknown {
  if (!("default" in value)) throw new Error(`values.schema.json: ${name} has no default`);
  return value.default;
}

const entry = (name: string, value: unknown): readonly string[] =>
  stringify({ [name]: value }, { lineWidth: 0, flowCollectionPadding: true })
    .trimEnd()
    .split("\n");

const commented = (line: string): string => `# ${line}`;

/** Breaks a text into lines. */
function wrapped(text: string): readonly string[] {
  const result: string[] = [];
  for (const word of text.split(" ")) {
    const last = result.at(-1);
    if (last === undefined || last.length + word.length + 1 > WIDTH) result.push(word);
    else result[result.length - 1] = `${last} ${word}`;
  }
  return result;
}

const BEGIN = "<!-- values: generated from values.schema.json by npm run generate -->";
const END = "<!-- end of values -->";

/** Returns the page of the chart with the table of its values. */
function readme(): string {
  const page = read(`${CHART}/README.md`);
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin === -1 || end === -1)
    throw new Error(`README.md of the chart has no place for the table: ${BEGIN}`);
  const head = ["| value | type | default | meaning |", "|---|---|---|---|"];
  const rows = optionRows(resolved(valuesSchema()));
  return `${page.slice(0, begin + BEGIN.length)}\n\n${[...head, ...rows].join("\n")}\n\n${page.slice(end)}`;
}

/** Replaces references to definitions, and leaves out what the items of lists consist of. */
function resolved(schema: ValueSchema, definitions: ValueSchema["definitions"] = schema.definitions): Schema {
  const target = schema.$ref === undefined ? {} : definitions?.[schema.$ref.replace("#/definitions/", "")];
  if (target === undefined) throw new Error(`values.schema.json: unknown reference ${schema.$ref}`);
  const { items, properties, ...rest } = { ...target, ...schema };
  return {
    ...rest,
    ...(items === undefined
      ? {}
      : { items: { type: typeof items.type === "string" ? items.type : "object" } }),
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, one]) => [name, resolved(one, definitions)]),
          ),
        }),
  };
}

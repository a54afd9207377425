import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { configDeps } from "../../src/cli/load-config.ts";
import { openConfig } from "../../src/cli/open-config.ts";
import { ConfigError } from "../../src/config/document/problems.ts";
import { systemClock } from "../../src/core/clock.ts";
import { runMain } from "../helpers/exporter.ts";
import { type TemporaryFolder, temporaryFolder } from "../helpers/temporary-folder.ts";
import { runTool } from "../helpers/tools.ts";
import { type LoadCase, loading } from "./cases/loading.ts";

let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder[Symbol.asyncDispose]());

const textOf = ({ yaml }: LoadCase): string =>
  yaml.startsWith("{") ? `modules:\n  m:\n    prober: http\n    http: ${yaml}\n` : yaml;

const writeCase = (each: LoadCase): Promise<string> =>
  folder.write(`${loading.indexOf(each)}-${each.name.replaceAll(/\W/g, "-")}.yml`, textOf(each));

/** Returns the verdict of an exporter on a file, with its output if the verdict is unexpected. */
function verdictOf(code: number | null, output: string, wanted: string): string {
  const verdict = code === 0 ? "accepted" : code === 1 ? "refused" : `ended with ${code}`;
  return verdict === wanted ? verdict : `${verdict}: ${output}`;
}

/** The verdict that this exporter has to give. */
function wantedOf({ theirs, differs }: LoadCase): "accepted" | "refused" {
  const other = theirs === "accepted" ? "refused" : "accepted";
  return differs === undefined ? theirs : other;
}

/** Loads a file as --config.check does, in this process: a hundred starts of Node.js would take most of a minute. */
async function check(file: string): Promise<{ code: 0 | 1; output: string }> {
  try {
    await openConfig({ kind: "file", path: file, env: process.env }, configDeps, systemClock);
    return { code: 0, output: "" };
  } catch (error) {
    if (error instanceof ConfigError) return { code: 1, output: error.message };
    throw error;
  }
}

describe.concurrent("--config.check", () => {
  test.each(loading.map((each) => [each.name, each] as const))("%s", async (_name, each) => {
    const file = await writeCase(each);
    const theirs = await runTool("blackbox_exporter", "newest", [`--config.file=${file}`, "--config.check"]);
    expect(verdictOf(theirs.code, theirs.stderr, each.theirs)).toBe(each.theirs);

    const { code, output } = await check(file);
    const wanted = wantedOf(each);
    expect(verdictOf(code, output, wanted)).toBe(wanted);
    // A refusal names its place in the file.
    if (code === 1) expect(output).toContain(`${file}:`);
  });

  test.each(["accepted", "refused"])("as a command: %s", async (wanted) => {
    const each = loading.find((one) => wantedOf(one) === wanted);
    if (each === undefined) throw new Error(`no case is ${wanted}`);
    const file = await writeCase({ ...each, name: `command ${wanted}` });
    await using ours = runMain([`--config.file=${file}`, "--config.check"]);
    const { code } = await ours.exited;
    expect(verdictOf(code, ours.output(), wanted)).toBe(wanted);
    // An error names its place in the file.
    if (code === 1) expect(ours.stderr()).toContain(`${file}:`);
  });
});

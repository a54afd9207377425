import { afterAll, beforeAll, describe, expect, test } from "vitest";
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

/** Returns the verdict of an exporter on a file, with its output if the verdict is unexpected. */
function verdictOf(code: number | null, output: string, wanted: string): string {
  const verdict = code === 0 ? "accepted" : code === 1 ? "refused" : `ended with ${code}`;
  return verdict === wanted ? verdict : `${verdict}: ${output}`;
}

describe.concurrent("--config.check", () => {
  test.each(loading.map((each) => [each.name, each] as const))("%s", async (name, each) => {
    const file = await folder.write(`${name.replaceAll(/\W/g, "-")}.yml`, textOf(each));
    const args = [`--config.file=${file}`, "--config.check"];
    const theirs = await runTool("blackbox_exporter", "newest", args);
    expect(verdictOf(theirs.code, theirs.stderr, each.theirs)).toBe(each.theirs);

    const ours = runMain(args);
    const { code } = await ours.exited;
    const other = each.theirs === "accepted" ? "refused" : "accepted";
    const wanted = each.differs === undefined ? each.theirs : other;
    expect(verdictOf(code, ours.output(), wanted)).toBe(wanted);
    // An error names its place in the file.
    if (code === 1) expect(ours.stderr()).toContain(`${file}:`);
  });
});

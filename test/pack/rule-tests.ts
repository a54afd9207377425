import { basename } from "node:path";
import { seconds } from "../../src/core/units.ts";
import { runTool, type ToolVersion } from "../helpers/tools.ts";
import { testFiles } from "./rules.ts";

/** Files that take promtool several seconds. */
const SLOW: ReadonlySet<string> = new Set(
  [
    "latency",
    "latency-neighbours",
    "slo",
    "slo-days",
    "slo-neighbours",
    "slo-windows",
    "targets",
    "targets-neighbours",
  ].map((name) => `${name}.test.yml`),
);

const isSlow = (file: string): boolean => SLOW.has(basename(file));

/** Files with exact ends of windows: since version 3, Prometheus leaves a sample at the start of a range out. */
const NEWEST_ONLY: ReadonlySet<string> = new Set(["slo-windows.test.yml"]);

/** Returns the unit tests that `npm run check:long` runs with a version. */
export const slowTestFiles = (version: ToolVersion): readonly string[] =>
  testFiles.filter((file) => isSlow(file) && (version === "newest" || !NEWEST_ONLY.has(basename(file))));
/** The other unit tests. */
export const quickTestFiles: readonly string[] = testFiles.filter((file) => !isSlow(file));

/** Runs the unit tests of a file with promtool. Returns its output if they fail. */
export async function failureOfRuleTests(file: string, version: ToolVersion): Promise<string | undefined> {
  const { code, stdout, stderr } = await runTool("promtool", version, ["test", "rules", file], {
    deadline: seconds(200),
  });
  return code === 0 ? undefined : `exit code ${code}: ${stdout}${stderr}`;
}

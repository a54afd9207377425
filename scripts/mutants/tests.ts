import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { tool } from "../../test/helpers/tools.ts";
import type { Place } from "./places.ts";

/** Commands that test a file. The later ones take long, and run if the first do not see a fault. */
export interface Tests {
  readonly commands: readonly Command[];
}

interface Command {
  readonly argv: readonly string[];
  /** Time that it took without a fault, in seconds. */
  readonly took: number;
}

/** Files of tests that take longer than this run after the others, in seconds. */
const SLOW = 3;

/** The least time limit of a command with a fault, in seconds: the machine may be busy. */
const PATIENCE = 60;

const vitest = (folder: string, args: readonly string[]): string[] => [
  process.execPath,
  join(folder, "node_modules/vitest/vitest.mjs"),
  "run",
  ...args,
];

/** The part of vitest's JSON report that is read. */
interface Report {
  readonly success: boolean;
  readonly numPassedTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly startTime: number;
    readonly endTime: number;
  }[];
}

/**
 * Runs the tests of a place without a fault.
 * @returns the commands that a fault is looked for with, the quick ones first
 * @throws Error if the tests fail, or if there are none
 */
export async function testsOf(place: Place, folder: string): Promise<Tests> {
  const file = join(folder, "mutants-report.json");
  const args = ["--reporter=json", `--outputFile.json=${file}`, ...place.tests];
  const code = await runToEnd(vitest(folder, args), folder, 1200);
  const report = code === 0 ? (JSON.parse(readFileSync(file, "utf8")) as Report) : undefined;
  if (report === undefined || report.numPassedTests === 0) {
    throw new Error(`the tests of ${place.name} fail without a fault: vitest run ${place.tests.join(" ")}`);
  }
  const timed = report.testResults.map(({ name, startTime, endTime }) => ({
    name,
    took: (endTime - startTime) / 1000,
  }));
  const parts = [timed.filter(({ took }) => took <= SLOW), timed.filter(({ took }) => took > SLOW)];
  return {
    commands: parts
      .filter(({ length }) => length > 0)
      .map((files) => ({
        argv: vitest(folder, ["--bail=1", "--reporter=dot", ...files.map(({ name }) => name)]),
        took: files.reduce((sum, { took }) => sum + took, 0),
      })),
  };
}

/** Returns the commands of promtool that test a file of rules: one for each file of tests that loads it. */
export function testsOfRules(file: string, folder: string): Tests {
  const { argv } = tool("promtool", "newest");
  const tests = join(folder, "rules/tests");
  const commands = readdirSync(tests)
    .map((name) => join(tests, name))
    .filter((path) => readFileSync(path, "utf8").includes(`../${basename(file)}"`))
    .map((path) => ({ argv: [...argv, "test", "rules", path], took: 0 }));
  // The tests of the same name first: most likely to see it.
  const own = basename(file).replace(".rules.yml", "");
  const isOwn = ({ argv: words }: Command): boolean => basename(words.at(-1) ?? "").startsWith(own);
  return { commands: [...commands.filter(isOwn), ...commands.filter((command) => !isOwn(command))] };
}

/** How a fault shows: a test fails, or does not end in time, as in an endless loop, or on a machine that is busy. */
export type Sign = "fails" | "takes too long";

/** Returns how the tests show a fault; `undefined` if they pass. */
export async function signOf({ commands }: Tests, folder: string): Promise<Sign | undefined> {
  for (const { argv, took } of commands) {
    const code = await runToEnd(argv, folder, Math.max(PATIENCE, took * 5));
    if (code !== 0) return code === undefined ? "takes too long" : "fails";
  }
  return undefined;
}

/** Runs a command, with all that it starts, for at most `limit` seconds. Returns its exit code; undefined if it was ended. */
function runToEnd(argv: readonly string[], cwd: string, limit: number): Promise<number | undefined> {
  const [command = "", ...args] = argv;
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, TEST_LONG: undefined },
    stdio: "ignore",
    detached: true,
  });
  const end = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    } catch {
      // It has ended.
    }
  };
  const timer = setTimeout(end, limit * 1000);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(timer);
      end();
      resolve(code ?? undefined);
    });
  });
}

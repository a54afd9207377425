import { getEventListeners } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Action, ActionWork } from "../../../src/core/action.ts";
import { systemClock } from "../../../src/core/clock.ts";
import { Secret } from "../../../src/core/secret.ts";
import { seconds } from "../../../src/core/units.ts";
import { execute } from "../../../src/notify/actions/execute.ts";
import { waitUntil } from "../../helpers/process.ts";
import { expectNoLeak } from "../../helpers/resources.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";

const actionOf = (work: ActionWork, timeout = 30): Action => ({
  name: "repair",
  auth: { kind: "bearer", token: new Secret(async () => "token") },
  match: [],
  targetLabel: "target",
  work,
  patterns: new Map(),
  maxAttempts: 3,
  cooldown: seconds(0),
  resetAfter: seconds(3600),
  settle: seconds(0),
  timeout: seconds(timeout),
  verify: "never",
  dryRun: false,
});

const shell = (script: string, environment = new Map<string, Secret>()): ActionWork => ({
  kind: "run",
  argv: ["/bin/sh", "-c", script],
  environment,
});

const run = (work: ActionWork, signal = new AbortController().signal, timeout?: number) =>
  execute(actionOf(work, timeout), {}, signal, systemClock);

/** Reports whether a process runs; one that has ended and waits for its parent does not. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

/** Waits for the process ids that a program has written. */
const pidsIn = (file: string, count: number): Promise<readonly number[]> =>
  waitUntil("the program", () => {
    const lines = existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
    return lines.length === count ? lines.map(Number) : undefined;
  });

const untilEnded = (pids: readonly number[]): Promise<true> =>
  waitUntil("the end of the processes", () => !pids.some(isRunning) || undefined, seconds(10));

describe("a program", () => {
  // Each ignores SIGTERM, or has a child that does.
  test.each([
    ["itself", `trap '' TERM; echo $$ >> F; while :; do sleep 0.1; done`, 1],
    [
      "a child of it",
      `/bin/sh -c 'trap "" TERM; echo $$ >> F; while :; do sleep 0.1; done' & echo $$ >> F; wait`,
      2,
    ],
  ])(
    "that ignores SIGTERM, %s, is killed after its timeout and at the end of the exporter",
    async (_name, script, count) => {
      for (const ends of ["timeout", "exporter"]) {
        await using folder = await temporaryFolder();
        const file = join(folder.path, "pids");
        const ending = new AbortController();
        const ran = run(shell(script.replaceAll("F", file)), ending.signal, ends === "timeout" ? 2 : 60);
        const pids = await pidsIn(file, count);
        if (ends === "exporter") ending.abort();
        expect(await ran).toMatchObject(
          ends === "timeout"
            ? { result: "timeout", detail: "timed out after 2s" }
            : { result: "failure", detail: "interrupted" },
        );
        await untilEnded(pids);
      }
    },
  );

  test("that has ended may leave a process, which is not waited for", async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "pids");
    const result = await run(shell(`sleep 60 & echo $! >> ${file}; echo done`));
    expect(result).toEqual({ result: "success", detail: "exit code 0", output: "done\n" });
    const [pid = 0] = await pidsIn(file, 1);
    expect(isRunning(pid)).toBe(true);
    process.kill(pid, "SIGKILL");
  });

  test("is not started if the exporter ends while its secrets are read", async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "pids");
    const ending = new AbortController();
    const secret = new Secret(async () => {
      ending.abort();
      return "s3cret";
    });
    const result = await run(shell(`echo $$ >> ${file}`, new Map([["KEY", secret]])), ending.signal);
    expect(result).toEqual({ result: "failure", detail: "interrupted", output: "" });
    expect(existsSync(file)).toBe(false);
  });

  test("keeps the first 4096 bytes of its output, and all of what it does not print", async () => {
    const { output } = await run(shell("head -c 100000 /dev/zero | tr '\\0' x; echo end"));
    expect(output).toBe("x".repeat(4096));
  });

  test("leaves no listener, timer, descriptor or process", async () => {
    const { signal } = new AbortController();
    await expectNoLeak(
      async () => {
        expect(await run(shell("echo out; echo err >&2"), signal)).toMatchObject({ result: "success" });
      },
      () => ({ listeners: getEventListeners(signal, "abort").length }),
      15,
    );
  });
});

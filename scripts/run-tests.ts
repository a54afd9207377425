import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * Runs the tests that vitest.config.ts has for a variable, and ends with vitest's exit code. Arguments of the script are passed on to
 * vitest.
 * @returns the exit code
 */
export function runTests(variable: "TEST_LONG" | "TEST_KUBERNETES"): Promise<number> {
  const vitest = spawn(
    process.execPath,
    [join(root, "node_modules/vitest/vitest.mjs"), "run", ...process.argv.slice(2)],
    { cwd: root, env: { ...process.env, [variable]: "1" }, stdio: "inherit" },
  );
  return new Promise((resolve) => vitest.on("close", (code) => resolve(code ?? 1)));
}

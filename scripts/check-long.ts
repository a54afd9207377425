/**
 * Runs the tests that take too long for `npm test` (`LONG` in vitest.config.ts): `npm run check:long`. Arguments are passed on
 * to vitest.
 */

import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const vitest = spawn(
  process.execPath,
  [join(root, "node_modules/vitest/vitest.mjs"), "run", ...process.argv.slice(2)],
  { cwd: root, env: { ...process.env, TEST_LONG: "1" }, stdio: "inherit" },
);
vitest.on("close", (code) => {
  process.exitCode = code ?? 1;
});

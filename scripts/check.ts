/**
 * What can be known without running the product, all at once: format, lint with the import arrows, types,
 * dead code, generated documentation. Prints what is wrong and nothing else; `npm test` starts with it.
 */

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  scripts: Readonly<Record<string, string>>;
};

/** Names of npm scripts. Run directly, because starting npm takes longer than most of them. */
const steps = ["format:check", "lint", "types", "deadcode", "generate:check"] as const;

const runScript = (name: string): Promise<{ name: string; passed: boolean; output: string }> =>
  new Promise((resolve, reject) => {
    const command = scripts[name];
    if (command === undefined) {
      reject(new Error(`package.json has no script ${name}`));
      return;
    }
    const child = spawn(command, {
      cwd: root,
      shell: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...process.env,
        PATH: `${join(root, "node_modules/.bin")}${delimiter}${process.env["PATH"] ?? ""}`,
        ...(process.stdout.isTTY ? { FORCE_COLOR: "1" } : {}),
      },
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
    }
    child.on("error", reject);
    child.on("close", (code) => resolve({ name, passed: code === 0, output }));
  });

const started = performance.now();
const results = await Promise.all(steps.map(runScript));
const failures = results.filter(({ passed }) => !passed);
for (const { name, output } of failures) {
  console.error(`\nnpm run ${name}\n${output}`);
}
const duration = ((performance.now() - started) / 1000).toFixed(1);
console.error(
  failures.length === 0
    ? `check: ${steps.join(", ")} are fine (${duration} s)`
    : `check: failed: ${failures.map(({ name }) => name).join(", ")} (${duration} s)`,
);
process.exitCode = failures.length === 0 ? 0 : 1;

import { readdirSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { run } from "../helpers/process.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

// src/app builds the parts in order of dependence, which the linter enforces. These tests lint snippets with the
// configuration of this repository.

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const CASES: readonly (readonly [title: string, file: string, code: string, finds: boolean])[] = [
  [
    "a closure that uses a constant below it",
    "src/app/closure.ts",
    "export function build() {\n  const first = () => second;\n  const second = 2;\n  return first;\n}",
    true,
  ],
  [
    "a callback that uses a part below it",
    "src/app/callback.ts",
    "export function build(create) {\n  const engine = create({ onResult: (result) => driver.record(result) });\n  const driver = create({ engine });\n  return engine;\n}",
    true,
  ],
  [
    "a module that uses a constant below it",
    "src/app/module.ts",
    "export const first = () => second();\nconst second = () => 2;",
    true,
  ],
  [
    "parts in order",
    "src/app/order.ts",
    "export function build(create) {\n  const engine = create({});\n  const driver = create({ engine });\n  return { tick: () => driver.tick(), rest: rest() };\n}\nfunction rest() {\n  return 1;\n}",
    false,
  ],
  [
    "a function that calls itself",
    "src/app/recursion.ts",
    "export function build(clock) {\n  const tick = () => clock.after(1, tick);\n  tick();\n}",
    false,
  ],
];

describe("the linter", () => {
  let found: ReadonlySet<string>;

  beforeAll(async () => {
    await using folder = await temporaryFolder();
    for (const name of readdirSync(ROOT).filter((one) => one.startsWith(".oxlintrc")))
      await copyFile(join(ROOT, name), join(folder.path, name));
    for (const [, file, code] of CASES) await folder.write(file, `${code}\n`);
    const { stdout } = await run([join(ROOT, "node_modules/.bin/oxlint"), "--format=json", "src"], {
      cwd: folder.path,
    });
    const { diagnostics } = JSON.parse(stdout) as { diagnostics: { code: string; filename: string }[] };
    found = new Set(
      diagnostics
        .filter(({ code }) => code === "eslint(no-use-before-define)")
        .map(({ filename }) => filename),
    );
  });

  test.for(CASES.filter(([, , , finds]) => finds))("rejects %s", ([, file]) => {
    expect([...found]).toContain(file);
  });

  test.for(CASES.filter(([, , , finds]) => !finds))("accepts %s", ([, file]) => {
    expect([...found]).not.toContain(file);
  });
});

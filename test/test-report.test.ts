import { symlink } from "node:fs/promises";
import { join, relative } from "node:path";
import { expect, test } from "vitest";
import { summaryOf } from "../scripts/test-report.mjs";
import { run } from "./helpers/process.ts";
import { temporaryFolder } from "./helpers/temporary-folder.ts";

test("the verdict of CI names each test that failed, also if it passed later, or was skipped", async () => {
  await using folder = await temporaryFolder();
  await symlink(join(import.meta.dirname, "../node_modules"), join(folder.path, "node_modules"));
  const tests = await folder.write(
    "some.test.ts",
    `import { expect, test } from "vitest";
let tries = 0;
test("is shaky", { retry: 1 }, () => expect(++tries).toBe(2));
test("is wrong", () => expect(1, "a sum").toBe(2));
test("is right", () => expect(1).toBe(1));
test.skip("is left out", () => {});
`,
  );
  const broken = await folder.write("broken.test.ts", `throw new Error("no such program");\n`);
  const report = `${folder.path}/report.json`;
  const options = [`--root=${folder.path}`, "--reporter=json", `--outputFile=${report}`];
  const { code } = await run(["vitest", "run", ...options]);
  expect(code).toBe(1);
  const shown = relative("", tests);
  expect(summaryOf(report)).toEqual({
    passed: 2,
    failed: 2,
    skipped: 1,
    failures: [
      `FAILED: ${relative("", broken)}: no such program`,
      `PASSED AT THE SECOND TRY: ${shown} > is shaky: AssertionError: expected 1 to be 2 // Object.is equality`,
      `FAILED: ${shown} > is wrong: AssertionError: a sum: expected 1 to be 2 // Object.is equality`,
      `SKIPPED: ${shown} > is left out`,
    ],
  });
});

test("a run without a report counts as a failure", () => {
  expect(summaryOf("/does/not/exist.json")).toEqual({
    passed: 0,
    failed: 1,
    skipped: 0,
    failures: ["FAILED: a run that stopped before its tests"],
  });
});

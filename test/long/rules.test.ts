import { basename } from "node:path";
import { expect, it } from "vitest";
import { failureOfRuleTests, slowTestFiles } from "../pack/rule-tests.ts";

it.each(slowTestFiles.map((file) => ({ name: basename(file), file })))(
  "the newest promtool passes the unit tests in $name",
  async ({ file }) => {
    expect(await failureOfRuleTests(file, "newest")).toBeUndefined();
  },
);

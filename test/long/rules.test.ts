import { basename } from "node:path";
import { describe, expect, it } from "vitest";
import { failureOfRuleTests, slowTestFiles } from "../pack/rule-tests.ts";

describe.each(["bookworm", "newest"] as const)("promtool, %s", (version) => {
  it.each(slowTestFiles(version).map((file) => ({ name: basename(file), file })))(
    "passes the unit tests in $name",
    async ({ file }) => {
      expect(await failureOfRuleTests(file, version)).toBeUndefined();
    },
  );
});

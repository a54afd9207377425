import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { PRESET_NAMES } from "../../src/config/sections/notify/presets.ts";
import { alerts } from "../pack/rules.ts";
import { ROOT, readPage } from "./blocks.ts";

const WORDS = ["nine", "ten", "eleven", "twelve", "thirteen", "fourteen"];
const word = (count: number): string => WORDS[count - 9] ?? String(count);

test("the README counts right", () => {
  const dashboards = readdirSync(join(ROOT, "dashboards")).filter((name) => name.endsWith(".json")).length;
  const readme = readPage("README.md").replaceAll(/\s+/g, " ");
  expect(readme).toContain(`${alerts.length} tested alerts and ${word(dashboards)} dashboards`);
  expect(readme).toContain(`to ${PRESET_NAMES.length} services`);
});

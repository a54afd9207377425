import { describe, expect, test } from "vitest";
import { run } from "../helpers/process.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { blocksOf, PAGES, ROOT } from "./blocks.ts";

/** What a program of a page refers to without showing it, by page and number of its program there. */
const BEFORE: Readonly<Record<string, string>> = {
  "CONTRIBUTING.md 1": `
import type { Prober } from "${ROOT}src/core/prober.ts";
import { compileDns, type DnsModule } from "${ROOT}src/probers/dns/options.ts";
import { dnsMetrics } from "${ROOT}src/probers/dns/metrics.ts";
import type { dnsProber as existing } from "${ROOT}src/probers/dns/prober.ts";
declare const probeDns: typeof existing.probe;
import { type DnsReason, dnsReasons } from "${ROOT}src/probers/dns/reasons.ts";
import { type DnsOptions, dnsSchema } from "${ROOT}src/probers/dns/schema.ts";
`,
  "docs/plugins.md 2": `
import { defineProber } from "heartbeat-exporter/plugin";
declare const one: ReturnType<typeof defineProber>;
declare const other: ReturnType<typeof defineProber>;
`,
};

const programs = PAGES.flatMap((page) =>
  blocksOf(page)
    .filter(({ language }) => language === "ts")
    .map(({ place, text }, i) => ({ place, text: `${BEFORE[`${page} ${i + 1}`] ?? ""}${text}` })),
);

const CONFIG = {
  extends: `${ROOT}tsconfig.json`,
  compilerOptions: {
    // A page may show a value and say what it is.
    rewriteRelativeImportExtensions: false,
    noUnusedLocals: false,
    noUnusedParameters: false,
    typeRoots: [`${ROOT}node_modules/@types`],
    paths: {
      "heartbeat-exporter": [`${ROOT}src/client/index.ts`],
      "heartbeat-exporter/plugin": [`${ROOT}src/plugin.ts`],
    },
  },
  include: ["*.ts"],
  exclude: [],
};

describe("the programs in pages", () => {
  test("are those of all pages", () => {
    expect(programs.length).toBeGreaterThan(4);
  });

  test("compile", async () => {
    await using folder = await temporaryFolder();
    await folder.write("tsconfig.json", JSON.stringify(CONFIG));
    await folder.write("package.json", '{ "type": "module" }');
    for (const { place, text } of programs) await folder.write(`${place.replaceAll(/\W+/g, "-")}.ts`, text);
    const { code, stdout } = await run([`${ROOT}node_modules/.bin/tsc`, "--noEmit", "-p", folder.path]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
  });
});

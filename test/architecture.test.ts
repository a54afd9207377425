import { readdirSync, readFileSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";

import { DEEPEST, ROOMS } from "../scripts/arrows.ts";
import { run } from "./helpers/process.ts";
import { temporaryFolder } from "./helpers/temporary-folder.ts";

// The arrows are a rule of the linter; here the linter proves that it knows them. Each line stands in a file
// of its own in a folder with the layout of this repository, linted with this repository's configuration.

const root = fileURLToPath(new URL("..", import.meta.url));

type Rule = "no-restricted-imports" | "no-restricted-globals" | "no-process-env" | "consistent-type-imports";

/** What a folder must not have, and which rule says so. */
const forbidden: readonly (readonly [file: string, line: string, rule?: Rule])[] = [
  ["src/core/x.ts", 'import { x } from "../catalogue/index.ts";'],
  ["src/core/x.ts", 'import type { X } from "../engine/x.ts";'],
  ["src/core/x.ts", 'import { x } from "node:fs";'],
  ["src/core/x.ts", 'import { x } from "node:fs/promises";'],
  ["src/core/x.ts", 'import { x } from "https";'],
  // Files, which may be on a file system that hangs.
  ["src/network/x.ts", 'import { x } from "node:fs";'],
  ["src/config/deeper/x.ts", 'import { x } from "node:fs";'],
  ["src/plugins/x.ts", 'import { x } from "fs/promises";'],
  ["src/probers/heartbeat-log/x.ts", 'import { x } from "node:fs/promises";'],
  ["src/probers/http/transport/x.ts", 'import { x } from "node:fs/promises";'],
  ["src/app/x.ts", 'import { x } from "node:fs";'],
  ["src/catalogue/x.ts", 'import { x } from "../metrics/x.ts";'],
  ["src/catalogue/x.ts", 'import { x } from "../main.ts";'],
  ["src/failover/x.ts", 'import { x } from "../catalogue/index.ts";'],
  ["src/failover/x.ts", 'import { x } from "../store/x.ts";'],
  ["src/groups/x.ts", 'import { x } from "../failover/x.ts";'],
  ["src/config/x.ts", 'import { x } from "../probers/index.ts";'],
  ["src/config/x.ts", 'import type { X } from "../probers/http/schema.ts";'],
  ["src/config/deeper/x.ts", 'import { x } from "../../probers/index.ts";'],
  ["src/engine/x.ts", 'import { x } from "../probers/index.ts";'],
  ["src/engine/x.ts", 'import { x } from "../catalogue/index.ts";'],
  ["src/engine/x.ts", 'export { x } from "../metrics/x.ts";'],
  ["src/engine/x.ts", 'export * from "../metrics/x.ts";'],
  ["src/engine/x.ts", 'export const x = await import("../metrics/x.ts");'],
  ["src/engine/x.ts", 'export type X = import("../metrics/x.ts").X;', "consistent-type-imports"],
  ["src/engine/x.ts", 'import { x } from "./../metrics/x.ts";'],
  ["src/client/x.ts", 'import { x } from "../events/x.ts";'],
  ["src/plugins/x.ts", 'import { x } from "../probers/index.ts";'],
  ["src/events/x.ts", 'import { x } from "../failover/x.ts";'],
  ["src/heartbeats/x.ts", 'import { x } from "../store/x.ts";'],
  ["src/leadership/x.ts", 'import { x } from "../probers/x.ts";'],
  ["src/money/x.ts", 'import { x } from "../engine/x.ts";'],
  ["src/store/x.ts", 'import { x } from "../heartbeats/x.ts";'],
  ["src/probers/x.ts", 'import { x } from "../engine/x.ts";'],
  ["src/probers/http/x.ts", 'import { x } from "../../catalogue/index.ts";'],
  ["src/probers/http/transport/x.ts", 'import { x } from "../../../engine/x.ts";'],
  ["src/probers/http/transport/x.ts", 'import { x } from "../../llm/x.ts";'],
  ["src/probers/x.ts", 'import { x } from "./http/prober.ts";'],
  ["src/probers/index.ts", 'import { x } from "../config/x.ts";'],
  ["src/probers/http/x.ts", 'import { x } from "../../engine/x.ts";'],
  ["src/probers/http/x.ts", 'import { x } from "../llm/x.ts";'],
  ["src/probers/http/x.ts", 'import { x } from "../index.ts";'],
  ["src/probers/llm/wire/x.ts", 'import { x } from "../../../engine/x.ts";'],
  ["src/probers/llm/wire/x.ts", 'import { x } from "../../http/x.ts";'],
  ["src/metrics/x.ts", 'import { x } from "../server/x.ts";'],
  ["src/metrics/x.ts", 'import type { X } from "../config/x.ts";'],
  ["src/metrics/x.ts", 'import { x } from "../failover/x.ts";'],
  ["src/metrics/x.ts", 'import { type X, x } from "../engine/x.ts";'],
  ["src/metrics/deeper/x.ts", 'import { x } from "../../server/x.ts";'],
  ["src/metrics/deeper/x.ts", 'import { x } from "../../failover/x.ts";'],
  ["src/server/x.ts", 'import { x } from "../engine/x.ts";'],
  ["src/server/x.ts", 'import { x } from "../catalogue/index.ts";'],
  ["src/server/routes/x.ts", 'import { x } from "../../metrics/x.ts";'],
  ["src/server/routes/x.ts", 'import type { X } from "../../metrics/x.ts";'],
  ["src/notify/x.ts", 'import { x } from "../store/x.ts";'],
  ["src/notify/x.ts", 'import { x } from "../server/x.ts";'],
  ["src/notify/deeper/x.ts", 'import { x } from "../../engine/x.ts";'],
  // Packages that belong to one folder.
  ["src/plugins/x.ts", 'import { x } from "../plugin.ts";'],
  ["src/plugin.ts", 'import { x } from "./engine/x.ts";'],
  ["src/client/x.ts", 'import type { X } from "../core/units.ts";'],
  ["src/core/x.ts", 'import x from "express";'],
  ["src/engine/x.ts", 'import type { X } from "express";'],
  ["src/metrics/x.ts", 'import x from "express";'],
  ["src/notify/x.ts", 'import x from "express";'],
  ["src/cli/x.ts", 'import x from "express";'],
  ["src/main.ts", 'import x from "express";'],
  ["src/core/x.ts", 'import { x } from "prom-client";'],
  ["src/probers/http/x.ts", 'import { x } from "prom-client";'],
  ["src/server/x.ts", 'import { x } from "prom-client";'],
  ["src/server/routes/x.ts", 'import { x } from "prom-client";'],
  ["src/main.ts", 'import { x } from "prom-client";'],
  // Only the network of a probe opens connections to targets.
  ...["src/probers/x.ts", "src/probers/dns/x.ts", "src/probers/dns/deeper/x.ts"].flatMap((file) =>
    [
      'import { x } from "node:net";',
      'import { x } from "net";',
      'import { x } from "node:tls";',
      'import { x } from "node:dns";',
      'import { x } from "node:dns/promises";',
      'import { x } from "node:http";',
      'import { x } from "node:https";',
      'import { x } from "node:http2";',
      'import { x } from "node:dgram";',
      'import { x } from "node:child_process";',
      'export const x = await import("node:net");',
      'export * from "node:net";',
      'import x from "got";',
      'import x from "ws";',
      'export const x = await import("got");',
    ].map((line) => [file, line] as const),
  ),
  ["src/probers/dns/x.ts", 'import { x } from "../network/connect.ts";'],
  ["src/probers/dns/deeper/x.ts", 'import { x } from "../../network/connect.ts";'],
  ["src/probers/x.ts", 'import { x } from "./network/connect.ts";'],
  ["src/probers/http/transport/x.ts", 'import { x } from "node:net";'],
  ["src/probers/http/transport/x.ts", 'import { x } from "node:dns";'],
  ["src/probers/kubernetes-lease/x.ts", 'import { x } from "node:https";'],
  ["src/probers/icmp/x.ts", 'import { x } from "node:child_process";'],
  ["src/probers/icmp/ping.ts", 'import { x } from "node:net";'],
  ["src/probers/icmp/launcher-process.ts", 'import { x } from "node:dgram";'],
  ["src/probers/dns/x.ts", 'export const x = await fetch("x");', "no-restricted-globals"],
  ["src/probers/dns/deeper/x.ts", 'export const x = new WebSocket("x");', "no-restricted-globals"],
  // The environment.
  ["src/config/x.ts", "export const x = process.env.HOME;", "no-process-env"],
  ["src/core/x.ts", 'export const x = process.env["HOME"];', "no-process-env"],
  ["src/server/x.ts", 'import { env } from "node:process";'],
];

/** What looks similar and is as it should be. */
const allowed: readonly (readonly [file: string, line: string])[] = [
  ["src/core/x.ts", 'import { x } from "./units.ts";'],
  ["src/core/x.ts", 'import { x } from "node:util";'],
  ["src/catalogue/x.ts", 'import { x } from "../core/metric.ts";'],
  ["src/failover/x.ts", 'import { x } from "../core/units.ts";'],
  ["src/config/x.ts", 'import { x } from "./y.ts";'],
  ["src/config/deeper/x.ts", 'import { x } from "../y.ts";'],
  ["src/config/deeper/x.ts", 'import { x } from "../../core/units.ts";'],
  ["src/store/x.ts", 'import { x } from "node:sqlite";'],
  ["src/probers/x.ts", 'import { x } from "../core/units.ts";'],
  ["src/probers/x.ts", 'import { x } from "./regexp.ts";'],
  ["src/probers/index.ts", 'import { x } from "./http/prober.ts";'],
  ["src/probers/http/x.ts", 'import { x } from "../regexp.ts";'],
  ["src/probers/llm/wire/x.ts", 'import { x } from "../../../core/units.ts";'],
  ["src/probers/llm/wire/x.ts", 'import { x } from "../../regexp.ts";'],
  ["src/probers/llm/wire/x.ts", 'import { x } from "../schema.ts";'],
  ["src/core/x.ts", 'import type { X } from "node:net";'],
  ["src/probers/dns/x.ts", 'import type { X } from "node:net";'],
  ["src/probers/dns/x.ts", 'import { x } from "../ip.ts";'],
  ["src/probers/dns/x.ts", 'import { x } from "node:crypto";'],
  ["src/probers/network/x.ts", 'import { x } from "node:net";'],
  ["src/probers/network/x.ts", 'import { x } from "../ip.ts";'],
  ["src/probers/http/transport/x.ts", 'import { x } from "node:http2";'],
  ["src/probers/http/transport/x.ts", 'import { x } from "node:tls";'],
  ["src/probers/kubernetes-lease/caller.ts", 'import { x } from "node:https";'],
  ["src/probers/icmp/ping.ts", 'import { x } from "node:child_process";'],
  ["src/probers/icmp/launcher-process.ts", 'import { x } from "node:child_process";'],
  ["src/probers/ip.ts", 'import { x } from "node:net";'],
  ["src/metrics/x.ts", 'import { x } from "../catalogue/index.ts";'],
  ["src/metrics/x.ts", 'import type { X } from "../failover/x.ts";'],
  ["src/metrics/x.ts", 'import { x } from "prom-client";'],
  ["src/metrics/deeper/x.ts", 'import type { X } from "../../failover/x.ts";'],
  ["src/server/x.ts", 'import type { X } from "../groups/x.ts";'],
  ["src/plugins/x.ts", 'import type { X } from "../plugin.ts";'],
  ["src/probers/http/transport/x.ts", 'import { x } from "../../../core/units.ts";'],
  ["src/app/x.ts", 'import { x } from "../engine/x.ts";'],
  ["src/server/routes/x.ts", 'import { x } from "../../core/units.ts";'],
  ["src/server/routes/x.ts", 'import type { X } from "../../engine/x.ts";'],
  ["src/server/routes/x.ts", 'import { x } from "../x.ts";'],
  ["src/server/routes/x.ts", 'import x from "express";'],
  ["src/main.ts", 'import { x } from "./server/x.ts";'],
  ["src/main.ts", "export const x = process.env.HOME;"],
  ["src/cli/x.ts", "export const x = process.env.HOME;"],
  ["src/cli/x.ts", 'import { x } from "../config/x.ts";'],
  ["test/x.ts", 'import { x } from "../src/metrics/x.ts";'],
  ["scripts/x.ts", 'import { x } from "../src/catalogue/index.ts";'],
];

/** Rooms that the table restricts: every folder of src has to be one of them, or to see everything by name. */
const folders = ROOMS.filter(({ name, imports }) => imports !== "all" && !name.endsWith(".ts")).map(
  ({ name }) => name,
);

/** Each case in a place of its own: the number makes files that share a name differ. */
const cases = [
  ...forbidden.map(([file, line, rule = "no-restricted-imports"]) => ({ file, line, rule })),
  ...allowed.map(([file, line]) => ({ file, line, rule: undefined })),
  ...folders.map((folder) => ({
    file: `src/${folder}/x.ts`,
    line: 'import { x } from "../nowhere/x.ts";',
    rule: "no-restricted-imports" as const,
  })),
].map((one, index) => ({ ...one, place: `${index}/${one.file}` }));

const arrowRules: ReadonlySet<string> = new Set([
  "eslint(no-restricted-imports)",
  "eslint(no-restricted-globals)",
  "node(no-process-env)",
  "typescript(consistent-type-imports)",
]);

describe("import arrows", () => {
  const found = new Map<string, string[]>();

  beforeAll(async () => {
    await using folder = await temporaryFolder();
    for (const { place, line } of cases) {
      await folder.write(place, `${line}\n`);
    }
    // A configuration applies to paths below its own folder.
    await Promise.all(
      cases.map((_, index) =>
        Promise.all(
          [".oxlintrc.json", ".oxlintrc.arrows.json"].map((name) =>
            copyFile(join(root, name), join(folder.path, String(index), name)),
          ),
        ),
      ),
    );
    const lint = await run([join(root, "node_modules/.bin/oxlint"), "--format=json", "."], {
      cwd: folder.path,
    });
    const { diagnostics } = JSON.parse(lint.stdout) as { diagnostics: { code: string; filename: string }[] };
    for (const { code, filename } of diagnostics.filter((one) => arrowRules.has(one.code))) {
      found.set(filename, [...(found.get(filename) ?? []), code.replace(/^.*\((.*)\)$/, "$1")]);
    }
  });

  test.for(cases.filter(({ rule }) => rule !== undefined))("$file must not: $line", ({ place, rule }) => {
    expect(found.get(place)).toStrictEqual([rule]);
  });

  test.for(cases.filter(({ rule }) => rule === undefined))("$file may: $line", ({ place }) => {
    expect(found.get(place)).toBeUndefined();
  });
});

interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly typesOnly: boolean;
}

const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .map((path) => path.replaceAll("\\", "/"));
const roomOf = (path: string): string => path.split("/")[0] ?? path;
const IMPORT = /^(?:import|export)\s+(type\s+)?(?:(\{[^}]*\}|\*(?: as \w+)?|\w+)\s+from\s+)?"(\.[^"]+)";/gm;

/** The imports between rooms that the code has. */
const arrows: readonly Arrow[] = sources.flatMap((path) => {
  const text = readFileSync(join(root, "src", path), "utf8");
  return [...text.matchAll(IMPORT)].flatMap(([, type, names = "", spec = ""]) => {
    const to = relative(join(root, "src"), resolve(root, "src", dirname(path), spec));
    const listed = names
      .replace(/[{}]/g, "")
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== "");
    const typesOnly =
      type !== undefined || (names.startsWith("{") && listed.every((name) => name.startsWith("type ")));
    return roomOf(to) === roomOf(path) ? [] : [{ from: roomOf(path), to: roomOf(to), typesOnly }];
  });
});

describe("the table of rooms", () => {
  test("names every folder and file directly below src", () => {
    expect(ROOMS.map(({ name }) => name).toSorted()).toEqual([...new Set(sources.map(roomOf))].toSorted());
  });

  test("reaches the deepest folder", () => {
    expect(Math.max(...sources.map((path) => path.split("/").length - 1))).toBeLessThanOrEqual(DEEPEST);
  });

  test("goes one way: a room imports only rooms that stand above it", () => {
    const order = ROOMS.map(({ name }) => name);
    const back = ROOMS.flatMap(({ name, imports, types = [] }) =>
      (imports === "all" ? [] : [...imports, ...types])
        .filter((other) => order.indexOf(other) >= order.indexOf(name))
        .map((other) => `${name} -> ${other}`),
    );
    expect(back).toEqual([]);
  });

  test("allows nothing that the code does not need", () => {
    const unused = ROOMS.flatMap(({ name, imports, types = [] }) => [
      ...(imports === "all" ? [] : imports)
        .filter(
          (other) => !arrows.some(({ from, to, typesOnly }) => from === name && to === other && !typesOnly),
        )
        .map((other) => `${name} -> ${other}`),
      ...types
        .filter((other) => !arrows.some(({ from, to }) => from === name && to === other))
        .map((other) => `${name} -> types of ${other}`),
    ]);
    expect(unused).toEqual([]);
  });
});

test("the linter sees a circle of types alone", async () => {
  await using folder = await temporaryFolder();
  await folder.write("src/core/a.ts", 'import type { B } from "./b.ts";\nexport type A = B | 1;\n');
  await folder.write("src/core/b.ts", 'import type { A } from "./a.ts";\nexport type B = A | 2;\n');
  for (const name of [".oxlintrc.json", ".oxlintrc.arrows.json"])
    await copyFile(join(root, name), join(folder.path, name));
  const lint = await run([join(root, "node_modules/.bin/oxlint"), "--format=json", "."], {
    cwd: folder.path,
  });
  const { diagnostics } = JSON.parse(lint.stdout) as { diagnostics: { code: string }[] };
  expect(diagnostics.filter(({ code }) => code === "import(no-cycle)")).not.toEqual([]);
});

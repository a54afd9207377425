import { join } from "node:path";
import { expect, test } from "vitest";
import { readHistory } from "../../src/store/reader.ts";
import { type ExporterProcess, runMain, startExporter, terminate } from "../helpers/exporter.ts";
import { waitUntil } from "../helpers/process.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

const YAML = `
modules: { http_2xx: { prober: http, timeout: 1s } }
control: { token_file: token }
targets: [{ name: one, module: http_2xx, target: "http://127.0.0.1:1/", failover: true, interval: 1h }]
`;

async function run(...args: readonly string[]) {
  await using main = runMain(args);
  const { code } = await main.exited;
  return { code, stdout: main.stdout(), stderr: main.stderr() };
}

const startWith = (path: string): Promise<ExporterProcess> =>
  startExporter({ yaml: YAML, files: { token: "by-hand" }, args: [`--storage.path=${path}`] });

async function force(exporter: ExporterProcess, mode: string): Promise<void> {
  const response = await fetch(`${exporter.url}/config/force/${mode}`, {
    method: "POST",
    headers: { Authorization: "Bearer by-hand" },
  });
  expect(response.status).toBe(200);
}

test("restores the mode from a backup of a running exporter and keeps the replaced store", async () => {
  await using folder = await temporaryFolder();
  const [path, copy] = [join(folder.path, "store.db"), join(folder.path, "copy.db")];
  const store = `--storage.path=${path}`;
  {
    await using exporter = await startWith(path);
    await force(exporter, "fallback");
    // The backup contains only what has been written, which happens shortly after.
    await waitUntil("the forced mode to be written", async () => {
      const events = await readHistory(path).events({ kinds: ["forced"] });
      return events.length > 0 ? true : undefined;
    });
    expect(await run("backup", store, copy)).toEqual({ code: 0, stdout: "", stderr: "" });
    await force(exporter, "primary");

    const inUse = await run("restore", copy, store);
    expect(inUse.code).toBe(1);
    expect(inUse.stderr).toContain(`${path}: another exporter uses the file`);
    await terminate(exporter);
  }
  const restored = await run("restore", copy, store);
  expect({ code: restored.code, stdout: restored.stdout }).toEqual({ code: 0, stdout: "" });
  expect(restored.stderr).toMatch(/^the replaced store was renamed to .*store\.db\.replaced-.*\n$/);
  await using exporter = await startWith(path);
  expect(await exporter.json("/config/mode")).toMatchObject({ current_mode: "fallback" });

  expect(await run("backup", store, copy)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("the file exists already"),
  });
});

test.each([
  ["a backup without --storage.path", ["backup", "x.db"], 2, "--storage.path <file>' not specified"],
  [
    "a backup of a missing store",
    ["backup", "x.db", "--storage.path=/nowhere/store.db"],
    1,
    "/nowhere/store.db",
  ],
  ["a backup without a file", ["backup", "--storage.path=x"], 2, "missing required argument 'file'"],
  ["a restore of a missing file", ["restore", "/nowhere/copy.db", "--storage.path=x"], 1, "/nowhere/copy.db"],
])("rejects %s", async (_title, args, code, message) => {
  const rejected = await run(...args);
  expect({ code: rejected.code, stdout: rejected.stdout }).toEqual({ code, stdout: "" });
  expect(rejected.stderr).toContain(message);
});

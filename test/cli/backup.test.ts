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

test("a backup of a running exporter brings its mode back, and what it replaces stays", async () => {
  await using folder = await temporaryFolder();
  const [path, copy] = [join(folder.path, "store.db"), join(folder.path, "copy.db")];
  const store = `--storage.path=${path}`;
  {
    await using exporter = await startWith(path);
    await force(exporter, "fallback");
    // A backup is of what is written, and that is a moment later.
    await waitUntil("the forced mode to be written", async () => {
      const events = await readHistory(path).events({ kinds: ["forced"] });
      return events.length > 0 ? true : undefined;
    });
    expect(await run("backup", store, copy)).toEqual({ code: 0, stdout: "", stderr: "" });
    await force(exporter, "primary");

    const refused = await run("restore", copy, store);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(`${path}: another exporter uses the file`);
    await terminate(exporter);
  }
  const restored = await run("restore", copy, store);
  expect({ code: restored.code, stdout: restored.stdout }).toEqual({ code: 0, stdout: "" });
  expect(restored.stderr).toMatch(/^what was there is .*store\.db\.replaced-.* now\n$/);
  await using exporter = await startWith(path);
  expect(await exporter.json("/config/mode")).toMatchObject({ current_mode: "fallback" });

  expect(await run("backup", store, copy)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("the file exists already"),
  });
}, 60_000);

test.each([
  ["backup without a store", ["backup", "x.db"], 2, "--storage.path <file>' not specified"],
  ["backup of nothing", ["backup", "x.db", "--storage.path=/nowhere/store.db"], 1, "/nowhere/store.db"],
  ["backup to nowhere", ["backup", "--storage.path=x"], 2, "missing required argument 'file'"],
  ["restore of nothing", ["restore", "/nowhere/copy.db", "--storage.path=x"], 1, "/nowhere/copy.db"],
])("%s is refused", async (_title, args, code, said) => {
  const refused = await run(...args);
  expect({ code: refused.code, stdout: refused.stdout }).toEqual({ code, stdout: "" });
  expect(refused.stderr).toContain(said);
});

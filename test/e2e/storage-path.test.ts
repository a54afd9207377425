import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startExporter, terminate } from "../helpers/exporter.ts";
import { valueOf } from "../helpers/exposition.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

const HEARTBEATS = "heartbeats: [{ name: job, timeout: 1h }]";
const ENVIRONMENT_ONLY = { HEARTBEAT_PING_TOKEN: "token-of-the-test" };

interface Case {
  readonly name: string;
  /** What is started, with a folder for the paths. */
  readonly start: (folder: string) => Parameters<typeof startExporter>[0];
  /** The file that exists afterwards; none for memory. */
  readonly file?: string;
}

const CASES: readonly Case[] = [
  {
    name: "the variable alone, without a configuration file",
    start: (folder) => ({ env: { ...ENVIRONMENT_ONLY, HEARTBEAT_STORAGE_PATH: join(folder, "a/env.db") } }),
    file: "a/env.db",
  },
  {
    name: "the variable, with a configuration file that names no store",
    start: (folder) => ({ yaml: HEARTBEATS, env: { HEARTBEAT_STORAGE_PATH: ` ${join(folder, "env.db")} ` } }),
    file: "env.db",
  },
  {
    name: "the configuration, over the variable",
    start: (folder) => ({
      yaml: `storage: { path: ${join(folder, "file.db")} }\n${HEARTBEATS}`,
      env: { HEARTBEAT_STORAGE_PATH: join(folder, "env.db") },
    }),
    file: "file.db",
  },
  {
    name: "the flag, over both",
    start: (folder) => ({
      yaml: `storage: { path: ${join(folder, "file.db")} }\n${HEARTBEATS}`,
      args: [`--storage.path=${join(folder, "flag.db")}`],
      env: { HEARTBEAT_STORAGE_PATH: join(folder, "env.db") },
    }),
    file: "flag.db",
  },
  {
    name: "memory, with an empty variable",
    start: () => ({ yaml: HEARTBEATS, env: { HEARTBEAT_STORAGE_PATH: "" } }),
  },
];

describe("the store is that of", () => {
  it.each(CASES)("$name", async ({ start, file }) => {
    await using folder = await temporaryFolder();
    await using exporter = await startExporter(start(folder.path));
    expect(exporter.process.output()).not.toMatch(/unknown variable|have no effect|level=warn/);
    const found = ["a/env.db", "env.db", "file.db", "flag.db"].filter((name) =>
      existsSync(join(folder.path, name)),
    );
    expect(found).toEqual(file === undefined ? [] : [file]);
  });
});

it("keeps a heartbeat over a restart with nothing but the variables", async () => {
  await using folder = await temporaryFolder();
  const env = { ...ENVIRONMENT_ONLY, HEARTBEAT_STORAGE_PATH: join(folder.path, "store.db") };
  const labels = { heartbeat: "web-1" };
  let seen: number | undefined;
  {
    await using exporter = await startExporter({ env });
    const pinged = await fetch(`${exporter.url}/ping/web-1`, {
      headers: { Authorization: "Bearer token-of-the-test" },
    });
    expect(pinged.status).toBe(200);
    seen = valueOf(await exporter.get("/metrics"), "heartbeat_last_seen_timestamp_seconds", labels);
    expect(seen).toBeGreaterThan(0);
    expect((await terminate(exporter)).exit).toMatchObject({ code: 0 });
  }
  await using exporter = await startExporter({ env });
  expect(valueOf(await exporter.get("/metrics"), "heartbeat_last_seen_timestamp_seconds", labels)).toBe(seen);
});

import { link, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { type ExporterProcess, startExporter } from "../helpers/exporter.ts";
import { valueOf } from "../helpers/exposition.ts";
import { waitUntil } from "../helpers/process.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

const CONFIG = `
control: { token_file: token }
components: { token_file: token }
heartbeat_registration: { open: true }
modules: { web: { prober: http } }
heartbeats: [{ name: job, timeout: 1h }]
targets: [{ name: one, module: web, target: "http://127.0.0.1:9/", interval: 1h, failover: {} }]
`;

const start = (path: string | undefined, storage = ""): Promise<ExporterProcess> =>
  startExporter({
    yaml: CONFIG + storage,
    files: { token: "the-token" },
    args: path === undefined ? [] : [`--storage.path=${path}`],
  });

const send = (
  { url }: ExporterProcess,
  path: string,
  { method = "POST", body }: { readonly method?: string; readonly body?: string } = {},
): Promise<Response> =>
  fetch(`${url}${path}`, {
    method,
    headers: {
      Authorization: "Bearer the-token",
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
    },
    ...(body === undefined ? {} : { body }),
  });

/** Requests that change something, and what shows after a restart that the change has survived. */
const CHANGES: readonly (readonly [
  title: string,
  request: (exporter: ExporterProcess) => Promise<Response>,
  survived: (exporter: ExporterProcess) => Promise<boolean>,
])[] = [
  [
    "a success",
    (exporter) => send(exporter, "/ping/job"),
    async (exporter) => (await exporter.json("/heartbeats/job"))["status"] === "online",
  ],
  [
    "a failure",
    (exporter) => send(exporter, "/ping/job/fail"),
    async (exporter) => (await exporter.json("/heartbeats/job"))["status"] === "offline",
  ],
  [
    "a first ping",
    (exporter) => send(exporter, "/ping/new"),
    async (exporter) => (await exporter.json("/heartbeats/new"))["status"] === "online",
  ],
  [
    "facts in the body of a ping",
    (exporter) => send(exporter, "/ping/new", { body: '{"hostname": "a.example"}' }),
    async (exporter) => JSON.stringify(await exporter.json("/heartbeats/new")).includes("a.example"),
  ],
  [
    "a forced mode",
    (exporter) => send(exporter, "/config/force/fallback"),
    async (exporter) =>
      valueOf(await exporter.get("/metrics"), "heartbeat_mode_forced", { target: "one" }) === 1,
  ],
  [
    "a maintenance window",
    (exporter) => send(exporter, "/api/v1/maintenance?for=1h&target=one"),
    async (exporter) =>
      JSON.stringify(await exporter.json("/api/v1/maintenance")).includes('"targets":["one"]'),
  ],
  [
    "the report of a component",
    (exporter) => send(exporter, "/api/v1/components/db", { method: "PUT", body: '{"status": "unhealthy"}' }),
    async (exporter) => JSON.stringify(await exporter.json("/api/v1/components")).includes('"name":"db"'),
  ],
  [
    "the control request itself",
    (exporter) => send(exporter, "/config/force/auto"),
    async (exporter) =>
      JSON.stringify(await exporter.json("/api/v1/operations")).includes("/config/force/auto"),
  ],
];

describe("an answer", () => {
  it("with `Durable: true` means that a kill -9 right after it loses nothing", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "s.db");
    for (const [title, request, survived] of CHANGES) {
      {
        await using exporter = await start(
          path,
          "storage: { durability: relaxed }\n".repeat(Number(title !== "a success")),
        );
        const answer = await request(exporter);
        exporter.process.kill("SIGKILL");
        expect([title, answer.ok, answer.headers.get("Durable")]).toEqual([title, true, "true"]);
        await exporter.process.exited;
      }
      await using exporter = await start(path);
      expect([title, await survived(exporter)]).toEqual([title, true]);
    }
  });

  it("says `Durable: false` without a store, and for plain successes if pings are relaxed", async () => {
    await using folder = await temporaryFolder();
    await using memory = await start(undefined);
    for (const [, request] of CHANGES) expect((await request(memory)).headers.get("Durable")).toBe("false");
    await using relaxed = await start(join(folder.path, "s.db"), "storage: { durability: relaxed }\n");
    const durable = async (path: string): Promise<string | null> =>
      (await send(relaxed, path)).headers.get("Durable");
    expect(await durable("/ping/job")).toBe("false");
    expect(await durable("/ping/job/log")).toBe("false");
    expect(await durable("/ping/job/0")).toBe("false");
    expect(await durable("/ping/job?hostname=a")).toBe("true");
    expect(await durable("/ping/job/start")).toBe("true");
    expect(await durable("/ping/job/1")).toBe("true");
    // A refusal and a read change nothing.
    expect(await durable("/ping/job?rid=wrong")).toBeNull();
    expect(await durable("/config/force/sideways")).toBeNull();
  });

  it("says `Durable: false` while the store cannot be written, and the change takes effect", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "state/s.db");
    await using exporter = await start(path);
    await rm(dirname(path), { recursive: true });
    await writeFile(dirname(path), "in the way");
    for (const [title, request, survived] of CHANGES) {
      const answer = await request(exporter);
      expect([title, answer.ok, answer.headers.get("Durable")]).toEqual([title, true, "false"]);
      expect([title, await survived(exporter)]).toEqual([title, true]);
    }
    expect(valueOf(await exporter.get("/metrics"), "heartbeat_exporter_store_up")).toBe(0);
    await rm(dirname(path));
    await waitUntil("the store", async () =>
      valueOf(await exporter.get("/metrics"), "heartbeat_exporter_store_up") === 1 ? true : undefined,
    );
    exporter.process.kill("SIGKILL");
    await exporter.process.exited;
    await using next = await start(path);
    const lasting = CHANGES.slice(3).filter(([title]) => title !== "a forced mode");
    for (const [title, , survived] of lasting) expect([title, await survived(next)]).toEqual([title, true]);
  });
});

describe("two exporters on one file", () => {
  it.each([
    ["the same path", async (path: string) => path],
    ["a path with dots", async (path: string) => `${dirname(path)}/../${path.split("/").at(-2)}/./s.db`],
    [
      "a symbolic link",
      async (path: string) => {
        await symlink(path, `${path}.link`);
        return `${path}.link`;
      },
    ],
    [
      "a linked folder",
      async (path: string) => {
        await symlink(dirname(path), `${dirname(path)}-link`);
        return `${dirname(path)}-link/s.db`;
      },
    ],
    [
      "a hard link",
      async (path: string) => {
        await link(path, `${path}.hard`);
        return `${path}.hard`;
      },
    ],
  ])("do not overwrite each other: %s", async (_title, spell) => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "state/s.db");
    await using first = await start(path);
    await send(first, "/config/force/fallback");
    const spelt = await spell(path);
    {
      await using second = await start(spelt);
      expect((await send(second, "/ping/job/fail")).headers.get("Durable")).toBe("false");
      expect(valueOf(await second.get("/metrics"), "heartbeat_exporter_store_up")).toBe(0);
      expect(second.process.stderr()).toMatch(/another exporter uses the (file|store)|hard links/);
      expect((await send(first, "/ping/job")).headers.get("Durable")).toBe("true");
      // The second does not take the file over, not even when the first ends.
      first.process.kill("SIGKILL");
      await first.process.exited;
      await send(second, "/config/force/auto");
      second.process.kill("SIGTERM");
      await second.process.exited;
    }
    await rm(`${path}.hard`, { force: true });
    await using third = await start(path);
    expect(valueOf(await third.get("/metrics"), "heartbeat_mode_forced", { target: "one" })).toBe(1);
    expect((await third.json("/heartbeats/job"))["status"]).toBe("online");
  });

  it("do not write both, although the lock file was deleted: one of them says that it leaves the file alone", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "s.db");
    await using first = await start(path);
    await send(first, "/config/force/fallback");
    await rm(`${path}-lock`);
    await using second = await start(path);
    const [one, other] = await waitUntil("one owner", async () => {
      const answers = await Promise.all([first, second].map((exporter) => send(exporter, "/ping/job/start")));
      const durable = answers.map(({ headers }) => headers.get("Durable"));
      return durable.includes("false") ? durable : undefined;
    });
    expect(new Set([one, other])).toEqual(new Set(["false", "true"]));
    const loser = one === "false" ? first : second;
    expect(loser.process.stderr()).toContain("another exporter uses the store, so this one leaves it alone");
    if (one === "false")
      expect(valueOf(await second.get("/metrics"), "heartbeat_mode_forced", { target: "one" })).toBe(1);
  });
});

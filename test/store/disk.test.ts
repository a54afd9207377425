import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seconds, timestamp } from "../../src/core/units.ts";
import { startExporter } from "../helpers/exporter.ts";
import { valueOf } from "../helpers/exposition.ts";
import { serveHttp } from "../helpers/http-targets.ts";
import { waitUntil } from "../helpers/process.ts";
import { BOUNDS, openTestStore } from "../helpers/store.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { smallDisk } from "./disks.ts";

const yaml = (url: string) => `
modules: { web: { prober: http, timeout: 200ms, http: { preferred_ip_protocol: ip4 } } }
targets: [{ name: one, module: web, target: "${url}", schedule: interval, interval: 250ms }]
`;
const checks = (text: string): number =>
  valueOf(text, "heartbeat_health_checks_total", { target: "one", status: "success" }) ?? 0;

describe("a full disk", () => {
  it("is reported, does not stop probes and scrapes, and everything is written once there is space", async () => {
    await using disk = await smallDisk();
    await using server = await serveHttp((_request, response) => void response.end("ok"));
    const path = join(disk.path, "s.db");
    const start = () =>
      startExporter({ yaml: yaml(`http://${server.host}/`), args: [`--storage.path=${path}`] });
    const failures = (text: string) =>
      valueOf(text, "heartbeat_exporter_store_write_failures_total", { reason: disk.fullReason }) ?? 0;
    let counted = 0;
    {
      await using exporter = await start();
      await waitUntil("a write", async () =>
        (valueOf(await exporter.get("/metrics"), "heartbeat_exporter_store_results") ?? 0) > 0
          ? true
          : undefined,
      );
      await disk.fill(exporter.process.pid);
      const text = await waitUntil("two failures", async () => {
        const text = await exporter.get("/metrics");
        return failures(text) >= 2 ? text : undefined;
      });
      expect(valueOf(text, "heartbeat_exporter_store_up")).toBe(0);
      await waitUntil("further probes", async () =>
        checks(await exporter.get("/metrics")) > checks(text) + 2 ? true : undefined,
      );
      await disk.free(exporter.process.pid);
      await waitUntil("a successful write", async () =>
        valueOf(await exporter.get("/metrics"), "heartbeat_exporter_store_up") === 1 ? true : undefined,
      );
      counted = checks(await exporter.get("/metrics"));
      const lines = exporter.process
        .stderr()
        .split("\n")
        .filter((line) => line.includes("the store can"));
      expect(lines).toHaveLength(2);
      expect(lines[0]).toContain(`reason=${disk.fullReason}`);
      exporter.process.kill("SIGTERM");
      expect(await exporter.process.exited).toEqual({ code: 0, signal: null });
    }
    await using exporter = await start();
    const text = await exporter.get("/metrics");
    expect(checks(text)).toBeGreaterThanOrEqual(counted);
    // No result was lost while the disk was full.
    expect(valueOf(text, "heartbeat_exporter_store_results")).toBeGreaterThanOrEqual(counted);
  });
});

describe("a read-only disk", () => {
  it("without a store does not keep the exporter from starting", async () => {
    await using disk = await smallDisk();
    await disk.readOnly();
    await using server = await serveHttp((_request, response) => void response.end("ok"));
    await using exporter = await startExporter({
      yaml: yaml(`http://${server.host}/`),
      args: [`--storage.path=${join(disk.path, "s.db")}`],
    });
    const text = await waitUntil("a probe", async () => {
      const text = await exporter.get("/metrics");
      return checks(text) > 0 ? text : undefined;
    });
    expect(valueOf(text, "heartbeat_exporter_store_up")).toBe(0);
  });

  it("with a store is read and reported, and written once it is writable", async () => {
    await using disk = await smallDisk();
    const path = join(disk.path, "s.db");
    {
      await using open = await openTestStore(path);
      open.store.memory.namespace("a").put("x", 1);
    }
    await disk.readOnly();
    await using open = await openTestStore(path);
    expect(open.store.memory.namespace("a").get("x")).toBe(1);
    expect(open.store.status()).toMatchObject({ up: false, failures: { read_only: expect.any(Number) } });
    expect(open.logged[0]?.fields).toMatchObject({ reason: "read_only" });
    open.store.memory.namespace("a").put("x", 2);
    await disk.writable();
    await waitUntil("writes", () => (open.store.status().up ? true : undefined));
    await open.store.close();
    await using again = await openTestStore(path);
    expect(again.store.memory.namespace("a").get("x")).toBe(2);
  });
});

describe("a file with flipped bytes", () => {
  it("never keeps the exporter from starting, and never yields a changed value", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "s.db");
    const KEYS = 300;
    {
      await using open = await openTestStore(path);
      for (let i = 0; i < KEYS; i += 1)
        open.store.memory.namespace("a").put(`key${i}`, { mode: "primary", count: i });
    }
    const sound = await readFile(path);
    const flips = fc.array(fc.tuple(fc.nat(sound.length - 1), fc.integer({ min: 1, max: 255 })), {
      minLength: 1,
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(flips, async (flips) => {
        const damaged = Buffer.from(sound);
        for (const [at, mask] of flips) damaged[at] = (damaged[at] ?? 0) ^ mask;
        for (const name of await readdir(folder.path)) await rm(join(folder.path, name));
        await writeFile(path, damaged);
        await using open = await openTestStore(path, { bounds: BOUNDS });
        const values = open.store.memory.namespace("a");
        for (const [key, value] of values.entries()) {
          expect(value).toEqual({ mode: "primary", count: Number(key.slice(3)) });
        }
        values.put("new", 1);
        // With failure `io` the damaged header claims another program or version, so nothing is written.
        if (open.store.status().failures.io === 0) await open.store.memory.flush();
        expect(values.get("new")).toBe(1);
      }),
      { numRuns: 30 },
    );
  });

  it("is moved aside if that is found at run time, and the values in memory are written to a new file", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "s.db");
    const window = { from: timestamp(0), to: timestamp(4e9) };
    {
      await using open = await openTestStore(path);
      for (let i = 0; i < 2000; i += 1) open.store.memory.namespace("a").put(`key${i}`, i);
      const now = Date.now() / 1000;
      for (let i = 0; i < 20_000; i += 1) {
        const startedAt = timestamp(now - i);
        open.store.history.append({ target: "one", module: "web", startedAt, duration: seconds(1) });
      }
    }
    await using open = await openTestStore(path);
    const bytes = await readFile(path);
    await writeFile(path, bytes.fill(0xff, bytes.length / 2));
    await expect(open.store.history.summaries(window)).rejects.toThrow("malformed");
    await waitUntil("a new file", async () => {
      await open.store.memory.flush().catch(() => {});
      const { up, failures } = open.store.status();
      return up && failures.corrupt > 0 ? true : undefined;
    });
    const aside = (await readdir(folder.path)).filter((name) => name.startsWith("s.db.corrupt-"));
    expect(aside.length).toBeGreaterThan(0);
    expect(open.logged.map(({ level }) => level)).toEqual(["error", "info"]);
    expect(JSON.stringify(open.logged[0])).toContain("the file was moved aside to ");
    expect(await open.store.history.summaries(window)).toEqual([]);
    await open.store.close();
    await using last = await openTestStore(path);
    expect([...last.store.memory.namespace("a").entries()]).toHaveLength(2000);
  });
});

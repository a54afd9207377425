import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Config } from "../../src/config/config.ts";
import { openConfigHolder } from "../../src/config/reload.ts";
import { seconds } from "../../src/core/units.ts";
import { advanceAndWait, manualClock } from "../helpers/clock.ts";
import { deps } from "./stand-ins.ts";

const GOOD = "modules: { a: { prober: http } }";
const OTHER = "modules: { b: { prober: http } }";
const BAD = "modules: { b: { prober: htp } }";

let path = "";

beforeEach(() => {
  path = join(mkdtempSync(join(tmpdir(), "reload-")), "exporter.yml");
  writeFileSync(path, GOOD);
});
afterEach(() => rmSync(dirname(path), { recursive: true, force: true }));

async function open() {
  const clock = manualClock(1000);
  const holder = await openConfigHolder({ source: { kind: "file", path, env: {} }, deps, clock });
  return { clock, holder };
}

const names = (config: Config): readonly string[] => [...config.modules.keys()];

describe("reload", () => {
  test("uses a changed file and calls the subscribers", async () => {
    const { clock, holder } = await open();
    const seen: (readonly string[])[] = [];
    holder.subscribe((config) => void seen.push(names(config)));
    const leave = holder.subscribe(() => void seen.push(["left"]));
    leave();
    writeFileSync(path, OTHER);
    clock.advance(seconds(5));
    expect(await holder.reload()).toBe("changed");
    expect(names(holder.current())).toEqual(["b"]);
    expect(seen).toEqual([["b"]]);
    expect(holder.status()).toEqual({ lastSuccessful: true, lastSuccessAt: 1005 });
  });

  test("succeeds without effect if the file is unchanged", async () => {
    const { clock, holder } = await open();
    const before = holder.current();
    let calls = 0;
    holder.subscribe(() => void calls++);
    clock.advance(seconds(5));
    expect(await holder.reload()).toBe("unchanged");
    expect(holder.current()).toBe(before);
    expect(calls).toBe(0);
    expect(holder.status().lastSuccessAt).toBe(1005);
  });

  test("keeps the old configuration while the file is invalid", async () => {
    const { clock, holder } = await open();
    const before = holder.current();
    writeFileSync(path, BAD);
    clock.advance(seconds(5));
    for (let i = 0; i < 2; i++) {
      await expect(holder.reload()).rejects.toMatchObject({ name: "ConfigError" });
      expect(holder.current()).toBe(before);
      expect(holder.status()).toEqual({ lastSuccessful: false, lastSuccessAt: 1000 });
    }
    writeFileSync(path, GOOD);
    expect(await holder.reload()).toBe("unchanged");
    expect(holder.status().lastSuccessful).toBe(true);
  });

  test("fails if the file is missing", async () => {
    const { holder } = await open();
    rmSync(path);
    await expect(holder.reload()).rejects.toThrow("got no such file");
  });

  test("runs one following reload for all calls during a reload, whose outcome each of them has", async () => {
    const { holder } = await open();
    const order: string[] = [];
    holder.subscribe(async (config) => {
      order.push(`start ${names(config).join()}`);
      writeFileSync(path, GOOD);
      await delay(5);
      order.push(`end ${names(config).join()}`);
    });
    writeFileSync(path, OTHER);
    const first = holder.reload();
    const others = Array.from({ length: 100 }, () => holder.reload());
    expect(await first).toBe("changed");
    expect(new Set(await Promise.all(others))).toEqual(new Set(["changed"]));
    expect(order).toEqual(["start b", "end b", "start a", "end a"]);
    expect(await holder.reload()).toBe("unchanged");
  });

  test("lets each call during a failing reload have the outcome of a reload that read the file later", async () => {
    const { holder } = await open();
    writeFileSync(path, BAD);
    const first = holder.reload();
    const outcome = first.catch(String);
    const second = first.catch(() => writeFileSync(path, OTHER)).then(() => holder.reload());
    const during = holder.reload();
    expect(await outcome).toContain("modules.b.prober");
    expect(await Promise.all([during, second])).toContain("changed");
    expect(names(holder.current())).toEqual(["b"]);
  });

  test("calls every subscriber even if one fails", async () => {
    const { holder } = await open();
    let calls = 0;
    holder.subscribe(() => Promise.reject(new Error("no")));
    holder.subscribe(() => void calls++);
    writeFileSync(path, OTHER);
    await expect(holder.reload()).rejects.toThrow("no");
    expect(calls).toBe(1);
    expect(names(holder.current())).toEqual(["b"]);
  });

  test("changes nothing without a file", async () => {
    const clock = manualClock();
    const source = { kind: "environment", env: { HEARTBEAT_ENABLED: "false" } } as const;
    const holder = await openConfigHolder({ source, deps, clock });
    expect(await holder.reload()).toBe("unchanged");
  });

  test("fails at the start if the file is invalid", async () => {
    writeFileSync(path, BAD);
    await expect(open()).rejects.toThrow("modules.b.prober");
  });
});

describe("watch", () => {
  test("reloads a changed file at the next check, and tries invalid content once", async () => {
    const clock = manualClock(1000);
    const holder = await openConfigHolder({ source: { kind: "file", path, env: {} }, deps, clock });
    const outcomes: unknown[] = [];
    const stop = holder.watch(seconds(5), (error) =>
      outcomes.push(error instanceof Error ? error.name : error),
    );
    const check = () => advanceAndWait(clock, seconds(5));
    await check();
    expect(outcomes).toEqual([]);

    writeFileSync(path, OTHER);
    await check();
    expect(outcomes).toEqual([undefined]);
    expect(names(holder.current())).toEqual(["b"]);

    writeFileSync(path, BAD);
    for (let i = 0; i < 3; i++) await check();
    expect(outcomes).toEqual([undefined, "ConfigError"]);

    rmSync(path);
    await check();
    writeFileSync(path, GOOD);
    await check();
    expect(outcomes).toEqual([undefined, "ConfigError", undefined]);

    stop();
    expect(clock.timers()).toBe(0);
  });
});

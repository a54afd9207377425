import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Config } from "../../src/config/config.ts";
import { createConfigHolder } from "../../src/config/reload.ts";
import { seconds } from "../../src/core/units.ts";
import { manualClock } from "../helpers/clock.ts";
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

function open() {
  const clock = manualClock(1000);
  const holder = createConfigHolder({ kind: "file", path, env: {} }, deps, clock);
  return { clock, holder };
}

const names = (config: Config): readonly string[] => [...config.modules.keys()];

describe("reload", () => {
  test("uses a changed file and calls the subscribers", async () => {
    const { clock, holder } = open();
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
    const { clock, holder } = open();
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
    const { clock, holder } = open();
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
    const { holder } = open();
    rmSync(path);
    await expect(holder.reload()).rejects.toThrow("got no such file");
  });

  test("runs concurrent calls one after the other", async () => {
    const { holder } = open();
    const order: string[] = [];
    holder.subscribe(async (config) => {
      order.push(`start ${names(config).join()}`);
      writeFileSync(path, GOOD);
      await delay(5);
      order.push(`end ${names(config).join()}`);
    });
    writeFileSync(path, OTHER);
    expect(await Promise.all([holder.reload(), holder.reload(), holder.reload()])).toEqual([
      "changed",
      "changed",
      "unchanged",
    ]);
    expect(order).toEqual(["start b", "end b", "start a", "end a"]);
  });

  test("calls every subscriber even if one fails", async () => {
    const { holder } = open();
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
    const holder = createConfigHolder(
      { kind: "environment", env: { HEARTBEAT_ENABLED: "false" } },
      deps,
      clock,
    );
    expect(await holder.reload()).toBe("unchanged");
  });

  test("fails at the start if the file is invalid", () => {
    writeFileSync(path, BAD);
    expect(open).toThrow("modules.b.prober");
  });
});

describe("watch", () => {
  /** Waits for the work that the clock has started. */
  const settle = () => delay(200);

  test("reloads a changed file at the next check, and tries invalid content once", async () => {
    const { clock, holder } = open();
    const outcomes: unknown[] = [];
    const stop = holder.watch(seconds(5), (error) =>
      outcomes.push(error instanceof Error ? error.name : error),
    );
    clock.advance(seconds(5));
    await settle();
    expect(outcomes).toEqual([]);

    writeFileSync(path, OTHER);
    clock.advance(seconds(4));
    await settle();
    expect(outcomes).toEqual([]);
    clock.advance(seconds(1));
    await settle();
    expect(outcomes).toEqual([undefined]);
    expect(names(holder.current())).toEqual(["b"]);

    writeFileSync(path, BAD);
    for (let i = 0; i < 3; i++) {
      clock.advance(seconds(5));
      await settle();
    }
    expect(outcomes).toEqual([undefined, "ConfigError"]);

    rmSync(path);
    clock.advance(seconds(5));
    await settle();
    writeFileSync(path, GOOD);
    clock.advance(seconds(5));
    await settle();
    expect(outcomes).toEqual([undefined, "ConfigError", undefined]);

    stop();
    writeFileSync(path, OTHER);
    clock.advance(seconds(50));
    await settle();
    expect(names(holder.current())).toEqual(["a"]);
  });
});

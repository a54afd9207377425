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
  test("a changed file becomes the configuration, and everybody hears of it", async () => {
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

  test("an unchanged file is a success without effect", async () => {
    const { clock, holder } = open();
    const before = holder.current();
    let heard = 0;
    holder.subscribe(() => void heard++);
    clock.advance(seconds(5));
    expect(await holder.reload()).toBe("unchanged");
    expect(holder.current()).toBe(before);
    expect(heard).toBe(0);
    expect(holder.status().lastSuccessAt).toBe(1005);
  });

  test("a bad file leaves the old configuration, each time it is tried", async () => {
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

  test("a file that is gone is bad as well", async () => {
    const { holder } = open();
    rmSync(path);
    await expect(holder.reload()).rejects.toThrow("got no such file");
  });

  test("calls at the same time run one after the other", async () => {
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

  test("one listener that fails keeps the others from nothing", async () => {
    const { holder } = open();
    let heard = 0;
    holder.subscribe(() => Promise.reject(new Error("no")));
    holder.subscribe(() => void heard++);
    writeFileSync(path, OTHER);
    await expect(holder.reload()).rejects.toThrow("no");
    expect(heard).toBe(1);
    expect(names(holder.current())).toEqual(["b"]);
  });

  test("without a file there is nothing that changes", async () => {
    const clock = manualClock();
    const holder = createConfigHolder(
      { kind: "environment", env: { HEARTBEAT_ENABLED: "false" } },
      deps,
      clock,
    );
    expect(await holder.reload()).toBe("unchanged");
  });

  test("a bad file at the start is an error", () => {
    writeFileSync(path, BAD);
    expect(open).toThrow("modules.b.prober");
  });
});

describe("watch", () => {
  /** Lets what the clock has set off come to its end. */
  const settle = () => delay(10);

  test("a change is taken up at the next look, a bad content is tried once", async () => {
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

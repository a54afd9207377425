import { describe, expect, test } from "vitest";
import type { Config } from "../../src/config/config.ts";
import { type ShardFlags, shardSettings } from "../../src/config/env/shard.ts";
import { loadConfigText } from "../../src/config/load.ts";
import { shardOf } from "../../src/core/shard.ts";
import { deps } from "./stand-ins.ts";

const messageOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  throw new Error("nothing was thrown");
};

describe("the number of a shard", () => {
  test.each([
    ["nothing", {}, {}, undefined],
    ["flags", { shard: "2", totalShards: "3" }, {}, [2, 3]],
    ["variables", {}, { HEARTBEAT_SHARD: "0", HEARTBEAT_TOTAL_SHARDS: "1" }, [0, 1]],
    ["a pod's name", {}, { HEARTBEAT_SHARD: "exporter-12", HEARTBEAT_TOTAL_SHARDS: "20" }, [12, 20]],
    [
      "a flag before its variable",
      { shard: "1" },
      { HEARTBEAT_SHARD: "0", HEARTBEAT_TOTAL_SHARDS: "2" },
      [1, 2],
    ],
    ["empty variables", {}, { HEARTBEAT_SHARD: "", HEARTBEAT_TOTAL_SHARDS: " " }, undefined],
  ] as const)("comes from %s", (_title, flags: ShardFlags, env, wanted) => {
    const settings = shardSettings(flags, env);
    expect(settings === undefined ? undefined : [settings.index, settings.total]).toEqual(wanted);
  });

  test.each([
    [{ shard: "0" }, {}, "--shard: got no --total-shards, want the number of shards in --total-shards"],
    [{ totalShards: "3" }, {}, "--total-shards: got no --shard, want a number from 0 on in --shard"],
    [
      { shard: "3", totalShards: "3" },
      {},
      '--shard: got "3", want a number from 0 to 2, below the 3 of --total-shards',
    ],
    [{ shard: "0", totalShards: "0" }, {}, '--total-shards: got "0", want a number from 1 to 10000'],
    [
      { shard: "pod-1", totalShards: "3" },
      {},
      '--shard: got "pod-1", want a number from 0 to 2, below the 3 of --total-shards',
    ],
    [
      { shard: "0", totalShards: "3", shardUrl: "http://exporter" },
      {},
      '--shard-url: got "http://exporter", want a URL such as http://exporter-{shard}.exporter:8091',
    ],
    [
      {},
      { HEARTBEAT_SHARD: "exporter-3", HEARTBEAT_TOTAL_SHARDS: "3" },
      'HEARTBEAT_SHARD: got "exporter-3", want a number from 0 to 2, below the 3 of HEARTBEAT_TOTAL_SHARDS',
    ],
  ])("is refused: %j %j", (flags, env, message) => {
    expect(messageOf(() => shardSettings(flags, env))).toBe(message);
  });
});

const YAML = `
modules: { a: { prober: http } }
targets:
${["gpt", "interpreter", "search-a", "search-b"].map((name) => `  - { name: ${name}, module: a, target: "http://x/" }\n`).join("")}
heartbeats: [{ name: production-server, timeout: 1m }, { name: backup, timeout: 1m }]
groups:
  - { name: together, members: [interpreter, search-a] }
  - { name: divided, members: [interpreter, gpt, together] }
  - { name: outer, members: [divided] }
lease: {}
`;

const load = (index: number, total: number, yaml = YAML): Config =>
  loadConfigText(yaml, "x.yml", {}, { ...deps, shard: { index, total } });

describe("the configuration of a shard", () => {
  test("has each target, heartbeat and undivided group on one shard", () => {
    const all = [0, 1, 2].map((index) => load(index, 3));
    for (const [index, { targets, push, sharding }] of all.entries()) {
      const names = [...targets, ...push.heartbeats].map(({ name }) => name);
      expect(names.map((name) => shardOf(name, 3))).toEqual(names.map(() => index));
      expect(names.length + (sharding?.elsewhere.size ?? 0)).toBe(6);
    }
    expect(all.map(({ groups }) => groups.map(({ name }) => name))).toEqual([["together"], [], []]);
    expect(all.map(({ lease }) => lease?.name)).toEqual([0, 1, 2].map((i) => `heartbeat-exporter-${i}`));
  });

  test("warns of groups whose members are on several shards", () => {
    expect(load(0, 3).warnings).toEqual([
      "x.yml:12:22: groups[1].members: are on several shards (interpreter on 0, gpt on 1), so no shard has this group; aggregate it by a recording rule",
      "x.yml:13:20: groups[2].members: are on several shards (interpreter on 0, gpt on 1), so no shard has this group; aggregate it by a recording rule",
    ]);
    expect(load(0, 1).warnings).toEqual([]);
  });

  test("cannot have health routes that cover such a group", () => {
    expect(messageOf(() => load(2, 3, `${YAML}health: { group: divided }\n`))).toContain(
      "health.group: got divided, whose members are on several shards, want a group whose members one shard owns",
    );
    expect(load(1, 3, `${YAML}health: { group: together }\n`).health).toEqual({});
  });
});

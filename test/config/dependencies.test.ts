import { describe, expect, it } from "vitest";
import { loadConfigText } from "../../src/config/load.ts";
import { shardOf } from "../../src/core/shard.ts";
import { deps } from "./stand-ins.ts";

const YAML = `modules: { page: { prober: http } }
targets:
  - { name: gateway, module: page, target: "http://gateway" }
  - { name: shop, module: page, target: "http://shop", depends_on: [nas, gateway, rack] }
heartbeats:
  - { name: nas, depends_on: [gateway] }
  - { name: alone, depends_on: [] }
groups:
  - { name: rack, members: [gateway] }
  - { name: all, members: [gateway, shop, nas] }
`;

const load = (yaml: string, more: Partial<typeof deps> = {}) =>
  loadConfigText(yaml, "exporter.yml", {}, { ...deps, ...more });

describe("depends_on", () => {
  it("names targets, heartbeats and groups, in the order of the file", () => {
    const { targets, push, warnings } = load(YAML);
    expect(targets.map(({ name, dependsOn }) => [name, dependsOn])).toEqual([
      ["gateway", undefined],
      [
        "shop",
        [
          { kind: "heartbeat", name: "nas" },
          { kind: "target", name: "gateway" },
          { kind: "group", name: "rack" },
        ],
      ],
    ]);
    expect(push.heartbeats.map(({ name, dependsOn }) => [name, dependsOn])).toEqual([
      ["nas", [{ kind: "target", name: "gateway" }]],
      ["alone", undefined],
    ]);
    expect(warnings).toEqual([]);
  });

  it("may name what shares a group with the one that depends", () => {
    expect(() => load(YAML)).not.toThrow();
  });

  it("warns of what another shard owns, with the place of the name, on each shard alike", () => {
    const total = 2;
    expect([shardOf("gateway", total), shardOf("shop", total), shardOf("nas", total)]).toEqual([1, 0, 1]);
    const warnings = Array.from({ length: total }, (_, index) =>
      load(YAML, { shard: { index, total } }).warnings.filter((text) => text.includes("depends_on")),
    );
    expect(warnings[0]).toEqual(warnings[1]);
    expect(warnings[0]).toEqual([
      "exporter.yml:4:69: targets[1].depends_on[0]: nas is on shard 1 and shop on shard 0, which cannot know that it is down",
      "exporter.yml:4:74: targets[1].depends_on[1]: gateway is on shard 1 and shop on shard 0, which cannot know that it is down",
      "exporter.yml:4:83: targets[1].depends_on[2]: rack is on shard 1 and shop on shard 0, which cannot know that it is down",
    ]);
  });
});

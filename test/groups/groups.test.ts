import { describe, expect, it } from "vitest";
import { defaultRule, type Group, type GroupMember } from "../../src/core/group.ts";
import type { TargetStatus } from "../../src/core/status.ts";
import { timestamp } from "../../src/core/units.ts";
import { groupReader, type ReadingSources } from "../../src/groups/groups.ts";

const target = (name: string, critical = false): GroupMember => ({ kind: "target", name, critical });
const subgroup = (name: string, critical = false): GroupMember => ({ kind: "group", name, critical });
const component = (name: string): GroupMember => ({ kind: "component", name, critical: false });

const groupOf = (name: string, members: readonly GroupMember[]): Group => ({
  name,
  labels: {},
  members,
  unhealthyWhen: defaultRule(members),
});

/** Returns sources with these statuses that record each lookup. */
function sourcesOf(statuses: Readonly<Record<string, TargetStatus>>, joined: readonly GroupMember[] = []) {
  const lookups: string[] = [];
  const find = (name: string) => {
    lookups.push(name);
    const status = statuses[name];
    return status === undefined
      ? undefined
      : { status, at: timestamp(name.length), message: "as the test says", metrics: {} };
  };
  const sources: ReadingSources = { target: find, heartbeat: find, component: find, joined: () => joined };
  return { sources, lookups };
}

const read = (groups: readonly Group[], name: string, sources: ReadingSources) => {
  const byName = new Map(groups.map((group) => [group.name, group]));
  const group = byName.get(name);
  if (group === undefined) throw new Error(`no group ${name}`);
  return groupReader(byName, sources)(group);
};

describe("groupReader", () => {
  it("gives a subgroup its own status and a summary of its members", () => {
    const groups = [groupOf("all", [subgroup("web", true), target("db")]), groupOf("web", [target("a")])];
    const { sources } = sourcesOf({ a: "unhealthy", db: "healthy" });
    const { status, members, counts } = read(groups, "all", sources);
    expect(status).toBe("unhealthy");
    expect(members[0]?.reading).toEqual({
      status: "unhealthy",
      at: 1,
      message: "1 unhealthy",
      metrics: {},
    });
    expect(counts).toEqual({ healthy: 1, degraded: 0, unhealthy: 1, unknown: 0 });
  });

  it.each([
    { name: "target", member: target("gone") },
    { name: "heartbeat", member: { kind: "heartbeat", name: "gone", critical: false } as const },
    { name: "component", member: component("gone") },
    { name: "group", member: subgroup("gone") },
  ])("counts an unknown $name as unknown", ({ member }) => {
    const { sources } = sourcesOf({ a: "healthy" });
    expect(read([groupOf("all", [target("a"), member])], "all", sources).status).toBe("unknown");
  });

  it("reads a group once, however many groups contain it", () => {
    // Without a cache, the number of reads would double with every layer.
    const layers = Array.from({ length: 40 }, (_, i) =>
      groupOf(
        `g${i}`,
        i === 0 ? [target("a")] : [subgroup(`g${i - 1}`), { ...subgroup(`g${i - 1}`), critical: true }],
      ),
    );
    const { sources, lookups } = sourcesOf({ a: "degraded" });
    expect(read(layers, "g39", sources).status).toBe("degraded");
    expect(lookups).toEqual(["a"]);
  });

  it("includes components that joined, and a listed one only once", () => {
    const joined = [component("late"), component("listed")];
    const { sources } = sourcesOf({ late: "unhealthy", listed: "healthy" }, joined);
    const { status, members } = read([groupOf("all", [component("listed")])], "all", sources);
    expect(members.map(({ name }) => name)).toEqual(["listed", "late"]);
    expect(status).toBe("unhealthy");
  });

  it("has the newest time of its members", () => {
    const { sources } = sourcesOf({ a: "healthy", longer: "healthy", bb: "healthy" });
    const group = groupOf("all", [target("a"), target("longer"), target("bb"), target("never")]);
    expect(read([group], "all", sources).at).toBe(6);
    expect(read([groupOf("none", [])], "none", sources)).not.toHaveProperty("at");
  });
});

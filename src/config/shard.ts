import type { Dependency } from "../core/dependency.ts";
import type { Group, GroupMember } from "../core/group.ts";
import { type Shard, type Sharding, shardOf } from "../core/shard.ts";
import type { Sections } from "./config.ts";
import type { Remarks } from "./document/remarks.ts";

/**
 * Returns the part of the configuration that a shard works on: its targets and heartbeats, by a hash of their names, and the
 * groups whose members are all its own. Replicas of one shard elect their own leader.
 */
export function ownSections(all: Sections, shard: Shard): Sections & { readonly sharding: Sharding } {
  const elsewhere = new Map<string, number>();
  const isOwn = ({ name }: { readonly name: string }): boolean => {
    const owner = shardOf(name, shard.total);
    if (owner !== shard.index) elsewhere.set(name, owner);
    return owner === shard.index;
  };
  const targets = all.targets.filter(isOwn);
  const heartbeats = all.push.heartbeats.filter(isOwn);
  const groups = all.groups.filter(({ name }) => {
    const owners = ownersOf(name, all.groups, shard.total);
    return owners.size === 1 && owners.has(shard.index);
  });
  const { registration } = all.push;
  const owns = (name: string): boolean => shardOf(name, shard.total) === shard.index;
  const isHealthHere = groups.some(({ name }) => name === all.health.group);
  return {
    ...all,
    targets,
    push: {
      ...all.push,
      heartbeats,
      ...(registration === undefined ? {} : { registration: { ...registration, owns } }),
    },
    groups,
    health: isHealthHere ? all.health : {},
    ...(all.lease === undefined || shard.total === 1
      ? {}
      : { lease: { ...all.lease, name: `${all.lease.name}-${shard.index}` } }),
    sharding: { shard, elsewhere },
  };
}

/** Reports what does not work across this number of shards. The same on each of them. */
export function checkAcrossShards(all: Sections, total: number, problems: Remarks): void {
  if (total === 1) return;
  for (const [i, { name }] of all.groups.entries()) {
    const owners = ownersOf(name, all.groups, total);
    if (owners.size === 1) continue;
    const which = [...owners].map(([owner, member]) => `${member} on ${owner}`).join(", ");
    problems.warn(
      ["groups", i, "members"],
      `are on several shards (${which}), so no shard has this group; aggregate it by a recording rule`,
    );
  }
  warnOfDependencies(all, total, problems);
  const { group } = all.health;
  if (group !== undefined && ownersOf(group, all.groups, total).size > 1) {
    problems.add({
      path: ["health", "group"],
      got: `${group}, whose members are on several shards`,
      want: "a group whose members one shard owns; Prometheus sees the members of all shards",
    });
  }
  warnOfBudgets(all, total, problems);
}

/** Returns the shards that own members of a group, each with one of them. A group of components is by its own name. */
function ownersOf(start: string, groups: readonly Group[], total: number): ReadonlyMap<number, string> {
  const byName = new Map(groups.map((group) => [group.name, group]));
  const owners = new Map<number, string>();
  const seen = new Set([start]);
  // The set grows during the loop, which visits the additions too.
  for (const name of seen) {
    for (const member of byName.get(name)?.members ?? []) {
      if (member.kind === "group") seen.add(member.name);
      else if (isOwned(member)) {
        const owner = shardOf(member.name, total);
        if (!owners.has(owner)) owners.set(owner, member.name);
      }
    }
  }
  if (owners.size === 0) owners.set(shardOf(start, total), start);
  return owners;
}

/** The shard of a target or heartbeat knows nothing about what other shards own. */
function warnOfDependencies(all: Sections, total: number, problems: Remarks): void {
  const ownerOf = ({ kind, name }: Dependency): number | undefined => {
    if (kind !== "group") return shardOf(name, total);
    const owners = [...ownersOf(name, all.groups, total).keys()];
    return owners.length === 1 ? owners[0] : undefined;
  };
  const sections = { targets: all.targets, heartbeats: all.push.heartbeats };
  for (const [section, entries] of Object.entries(sections)) {
    for (const [i, { name, dependsOn = [] }] of entries.entries()) {
      const own = shardOf(name, total);
      for (const [at, dependency] of dependsOn.entries()) {
        const owner = ownerOf(dependency);
        if (owner === own) continue;
        const where = owner === undefined ? "has members on several shards" : `is on shard ${owner}`;
        problems.warn(
          [section, i, "depends_on", at],
          `${dependency.name} ${where} and ${name} on shard ${own}, which cannot know that it is down`,
        );
      }
    }
  }
}

/** Components report to whichever shard their group is on. */
const isOwned = ({ kind }: GroupMember): boolean => kind === "target" || kind === "heartbeat";

function warnOfBudgets({ modules }: Sections, total: number, problems: Remarks): void {
  for (const { name, budgets = [] } of modules.values()) {
    if (budgets.length === 0) continue;
    problems.warn(
      ["modules", name, "budget"],
      `is spent by each of the ${total} shards, so up to ${total} times; divide it`,
    );
  }
}

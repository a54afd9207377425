import { counted } from "../core/counted.ts";
import { shardOf } from "../core/shard.ts";
import type { Config, ConfigDeps } from "./config.ts";

/**
 * Returns how evenly the targets and heartbeats of a whole configuration are spread over shards, for people:
 * `8 to 11 targets and heartbeats on each of 3 shards`.
 */
export function spreadSummary({ targets, push }: Pick<Config, "targets" | "push">, total: number): string {
  const counts = Array.from({ length: total }, () => 0);
  for (const { name } of [...targets, ...push.heartbeats]) {
    const owner = shardOf(name, total);
    counts[owner] = (counts[owner] ?? 0) + 1;
  }
  return `${Math.min(...counts)} to ${Math.max(...counts)} targets and heartbeats on each of ${counted(total, "shard")}`;
}

/**
 * Returns what a configuration contains, for people: `2 modules, 1 target, 3 heartbeats`. Modules and targets are always
 * named, the rest if there is any.
 * @param deps the parts of the program that it was checked against, which know its plugins
 */
export function configSummary(config: Config, { plugins }: Pick<ConfigDeps, "plugins">): string {
  const { modules, targets, push, groups, relays, actions, maintenance, webhooks, notify, prices } = config;
  const components = new Set(
    groups.flatMap(({ members }) =>
      members.flatMap(({ kind, name }) => (kind === "component" ? [name] : [])),
    ),
  );
  const rest = (
    [
      [push.heartbeats.length, "heartbeat"],
      [groups.length, "group"],
      [components.size, "component"],
      [relays.length, "relay"],
      [actions.actions.length, "action"],
      [webhooks.length, "webhook"],
      [notify.length, "channel"],
      [maintenance.length, "maintenance window"],
      [prices.size, "price"],
      [plugins?.size ?? 0, "plugin"],
    ] as const
  ).flatMap(([count, noun]) => (count === 0 ? [] : [counted(count, noun)]));
  return [
    counted(modules.size, "module"),
    counted(targets.length, "target"),
    ...rest,
    ...(push.registration === undefined ? [] : ["registration of heartbeats"]),
    ...(config.lease === undefined ? [] : ["a lease"]),
  ].join(", ");
}

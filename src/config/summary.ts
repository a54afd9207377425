import { counted } from "../core/counted.ts";
import type { Config, ConfigDeps } from "./config.ts";

/**
 * Returns what a configuration contains, for people: `2 modules, 1 target, 3 heartbeats`. Modules and targets are always
 * named, the rest if there is any.
 * @param deps the parts of the program that it was checked against, which know its plugins
 */
export function configSummary(config: Config, { plugins }: Pick<ConfigDeps, "plugins">): string {
  const { modules, targets, push, groups, relays, actions, maintenance, webhooks, prices } = config;
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

import type { Dependency } from "../../core/dependency.ts";
import type { BuildContext } from "../context.ts";
import { wantedName } from "../document/describe.ts";
import { childOf, itemsOf } from "../document/tree.ts";
import { cyclesIn } from "./cycles.ts";
import { type Entry, type Kinds, namesIn } from "./entries.ts";
import { names } from "./schema-words.ts";

/** The option `depends_on` of targets and heartbeats. */
export const dependsOnProperty = {
  ...names,
  description:
    "Names of targets, heartbeats and groups without which it cannot work. While one of them is down, alerts are about that one alone.",
} as const;

const WANTED = "the name of a target, heartbeat or group";

/** Checks the names in `depends_on` of an entry. */
export function checkDependsOn({ value, path }: Entry, kinds: Kinds, { problems }: BuildContext): void {
  const own = childOf(value, "name");
  for (const [i, name] of itemsOf(childOf(value, "depends_on")).entries()) {
    if (typeof name !== "string" || name === "") continue;
    const place = [...path, "depends_on", i];
    if (name === own) problems.add({ path: place, got: "itself", want: "the name of something else" });
    else if (!kinds.has(name))
      problems.add({ path: place, want: wantedName(WANTED, name, [...kinds.keys()]) });
  }
}

/** Returns the dependencies with their kinds; `undefined` for none. */
export function dependenciesOf(
  dependsOn: readonly string[] | undefined,
  kinds: Kinds,
): readonly Dependency[] | undefined {
  const found = (dependsOn ?? []).flatMap((name): readonly Dependency[] => {
    const kind = kinds.get(name);
    return kind === undefined ? [] : [{ kind, name }];
  });
  return found.length === 0 ? undefined : found;
}

const SECTIONS = ["targets", "heartbeats"] as const;

/** Reports each cycle of dependencies once. A group depends on its members here. */
export function checkDependencyCycles({ raw, problems }: BuildContext): void {
  // The same cycle of groups would be reported twice.
  if (problems.isBroken(["groups"])) return;
  const edges = new Map<string, readonly string[]>();
  const places = new Map<string, readonly [section: string, i: number]>();
  for (const section of SECTIONS) {
    for (const [i, value] of itemsOf(childOf(raw, section)).entries()) {
      const name = childOf(value, "name");
      const dependsOn = namesIn(value, "depends_on").filter((one) => one !== name);
      if (typeof name !== "string" || dependsOn.length === 0) continue;
      edges.set(name, dependsOn);
      places.set(name, [section, i]);
    }
  }
  if (edges.size === 0) return;
  for (const value of itemsOf(childOf(raw, "groups"))) {
    const name = childOf(value, "name");
    if (typeof name === "string") edges.set(name, namesIn(value, "members"));
  }
  for (const cycle of cyclesIn(edges)) {
    const at = cycle.findIndex((name) => places.has(name));
    const [name, next] = [cycle[at], cycle[at + 1]];
    const place = places.get(name ?? "");
    if (name === undefined || next === undefined || place === undefined) continue;
    problems.add({
      path: [...place, "depends_on", (edges.get(name) ?? []).indexOf(next)],
      got: `the cycle ${cycle.join(" -> ")}`,
      want: "dependencies that do not lead back",
    });
  }
}

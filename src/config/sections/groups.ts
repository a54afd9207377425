import { defined } from "../../core/defined.ts";
import { defaultRule, type Group, type GroupMember, type UnhealthyWhen } from "../../core/group.ts";
import type { Target } from "../../core/target.ts";
import { alternatives, nearest } from "../document/describe.ts";
import { childOf } from "../document/schema-errors.ts";
import type { Path } from "../document/tree.ts";
import type { RawGroup } from "../schema.ts";
import { checkLabels } from "./labels.ts";
import type { BuildContext } from "./modules.ts";

/** Labels that the exporter or Prometheus puts on the same series. */
const RESERVED_LABELS = new Set(["group", "instance", "job"]);

/** Longer lists of what could have been meant help nobody. */
const MOST_LISTED = 12;

/** Something that can be a member. */
export interface MemberName {
  readonly name: string;
  readonly critical?: boolean;
}

/** What there is beside groups. */
export interface MemberSources {
  /** The names of targets in the file, be they right or wrong. */
  readonly targets: readonly string[];
  readonly heartbeats: readonly MemberName[];
}

/** The names in a list of the file, be its entries right or wrong. */
export const namesIn = (list: unknown): readonly string[] =>
  (Array.isArray(list) ? list : []).flatMap((value: unknown) => {
    const name = childOf(value, "name");
    return typeof name === "string" ? [name] : [];
  });

/**
 * Builds the groups that are right and reports what is wrong with the others.
 * @param raw the whole configuration
 */
export function buildGroups(
  raw: unknown,
  targets: readonly Target[],
  others: MemberSources,
  context: BuildContext,
): readonly Group[] {
  const { report } = context;
  const list = childOf(raw, "groups");
  const values: readonly unknown[] = Array.isArray(list) ? list : [];
  const groupNames = namesIn(values);
  const kinds = kindsOf(groupNames, others);
  const taken = new Set([...others.targets, ...others.heartbeats.map(({ name }) => name)]);
  const critical = new Set(
    [...targets, ...others.heartbeats].flatMap((one) => (one.critical === true ? [one.name] : [])),
  );
  for (const [i, value] of values.entries()) {
    const path = ["groups", i];
    checkName(value, path, taken, context);
    checkMembers(value, path, kinds, context);
    checkLabels(value, path, RESERVED_LABELS, context);
  }
  if (!report.isBroken(["groups"])) checkCycles(values as readonly RawGroup[], context);
  if (report.isBroken(["groups"])) return [];
  return (values as readonly RawGroup[]).map((group, i) => {
    const built = buildGroup(group, kinds, critical);
    warnOfRule(built, ["groups", i], context);
    return built;
  });
}

/**
 * The group that the health routes are to speak of, as far as it is right.
 * @param raw the whole configuration
 */
export function healthGroup(
  raw: unknown,
  groups: readonly Group[],
  targets: readonly Target[],
  { report }: BuildContext,
): string | undefined {
  const path = ["health", "group"];
  const name = childOf(childOf(raw, "health"), "group");
  if (typeof name !== "string" || name === "" || report.isBroken(["groups"])) return undefined;
  const known = groups.map((group) => group.name);
  if (!known.includes(name)) {
    report.problem({ path, want: `the name of a group${choices(name, known)}` });
    return undefined;
  }
  const within = targetsWithin(name, new Map(groups.map((group) => [group.name, group])));
  const idle = targets.filter(({ name: one, schedule }) => schedule === "on_scrape" && within.has(one));
  if (idle.length > 0) {
    const shown = idle.slice(0, MOST_LISTED).map((target) => target.name);
    const more = idle.length - shown.length;
    const which = `${shown.join(", ")}${more === 0 ? "" : ` and ${more} more`}`;
    report.warn(
      path,
      `is unknown while nobody scrapes ${which}, and so not ready; schedule: interval probes without a scrape`,
    );
  }
  return name;
}

type Kinds = ReadonlyMap<string, "target" | "heartbeat" | "group">;

function kindsOf(groups: readonly string[], { targets, heartbeats }: MemberSources): Kinds {
  return new Map([
    ...targets.map((name) => [name, "target"] as const),
    ...heartbeats.map(({ name }) => [name, "heartbeat"] as const),
    ...groups.map((name) => [name, "group"] as const),
  ]);
}

function checkName(value: unknown, path: Path, taken: Set<string>, { report }: BuildContext): void {
  const name = childOf(value, "name");
  if (typeof name !== "string") return;
  if (taken.has(name)) {
    report.problem({ path: [...path, "name"], want: "a name that no other group, target or heartbeat has" });
  }
  taken.add(name);
}

const textsAt = (value: unknown, key: string): readonly string[] => {
  const list = childOf(value, key);
  return (Array.isArray(list) ? list : []).filter((one) => typeof one === "string");
};

function checkMembers(value: unknown, path: Path, kinds: Kinds, { report }: BuildContext): void {
  const members = textsAt(value, "members");
  const components = textsAt(value, "components");
  for (const [i, name] of members.entries()) {
    if (kinds.has(name)) continue;
    const want = `the name of a target, a heartbeat or a group${choices(name, [...kinds.keys()])}`;
    report.problem({ path: [...path, "members", i], want });
  }
  for (const [i, name] of components.entries()) {
    const kind = kinds.get(name);
    if (kind === undefined) continue;
    report.problem({
      path: [...path, "components", i],
      want: `a name that no ${kind} has; the ${kind} itself goes into members`,
    });
  }
  const own = [...members, ...components];
  for (const [i, name] of textsAt(value, "critical_members").entries()) {
    if (own.includes(name)) continue;
    const want = `one of the group's members or components${choices(name, own)}`;
    report.problem({ path: [...path, "critical_members", i], want });
  }
}

/** What could have been written: all of it, or only the nearest where that is much. */
function choices(name: string, known: readonly string[]): string {
  if (known.length === 0) return ", of which there are none";
  const guess = nearest(name, known);
  const hint = guess === undefined || known.length === 1 ? "" : ` (did you mean ${guess}?)`;
  return known.length > MOST_LISTED ? hint : `: ${alternatives(known)}${hint}`;
}

/** Says each cycle once, at the first of its groups. */
function checkCycles(groups: readonly RawGroup[], { report }: BuildContext): void {
  const members = new Map(groups.map(({ name, members = [] }) => [name, members]));
  const done = new Set<string>();
  for (const { name } of groups) {
    const cycle = cycleFrom(name, members, done);
    if (cycle === undefined) continue;
    for (const one of cycle) done.add(one);
    report.problem({
      path: ["groups", groups.findIndex((group) => group.name === cycle[0]), "members"],
      got: `the cycle ${cycle.join(" -> ")}`,
      want: "groups that do not contain themselves",
    });
  }
}

/**
 * The way from a group, or from one below it, back to it.
 * @param done groups that are known to be in no cycle, and all below them
 */
function cycleFrom(
  start: string,
  members: ReadonlyMap<string, readonly string[]>,
  done: Set<string>,
): readonly string[] | undefined {
  const way: { readonly name: string; readonly rest: string[] }[] = [];
  const enter = (name: string): void => void way.push({ name, rest: [...(members.get(name) ?? [])] });
  if (!done.has(start)) enter(start);
  for (let here = way.at(-1); here !== undefined; here = way.at(-1)) {
    const next = here.rest.shift();
    if (next === undefined) {
      done.add(here.name);
      way.pop();
      continue;
    }
    const at = way.findIndex(({ name }) => name === next);
    if (at >= 0) return [...way.slice(at).map(({ name }) => name), next];
    if (members.has(next) && !done.has(next)) enter(next);
  }
  return undefined;
}

function buildGroup(raw: RawGroup, kinds: Kinds, critical: ReadonlySet<string>): Group {
  const own = new Set(raw.critical_members);
  const member = (kind: GroupMember["kind"], name: string): GroupMember => ({
    kind,
    name,
    critical: own.has(name) || critical.has(name),
  });
  const members = [
    ...(raw.members ?? []).flatMap((name) => {
      const kind = kinds.get(name);
      return kind === undefined ? [] : [member(kind, name)];
    }),
    ...(raw.components ?? []).map((name) => member("component", name)),
  ];
  return {
    name: raw.name,
    ...defined({ description: raw.description }),
    labels: raw.labels ?? {},
    members,
    unhealthyWhen: ruleOf(raw.unhealthy_when) ?? defaultRule(members),
  };
}

function ruleOf(raw: RawGroup["unhealthy_when"]): UnhealthyWhen | undefined {
  if (raw === undefined) return undefined;
  if (raw === "critical") return { kind: "critical" };
  if (raw === "any") return { kind: "count", count: 1 };
  return "count" in raw ? { kind: "count", count: raw.count } : { kind: "ratio", ratio: raw.ratio };
}

/** Somebody who writes `critical` and marks nothing waits for an alert that only comes when all is lost. */
function warnOfRule({ members, unhealthyWhen }: Group, path: Path, { report }: BuildContext): void {
  if (unhealthyWhen.kind !== "critical" || members.some(({ critical }) => critical)) return;
  report.warn(
    [...path, "unhealthy_when"],
    "no member is critical, so that only all of them together make the group unhealthy",
  );
}

/** The targets in a group and in the groups below it. */
function targetsWithin(start: string, groups: ReadonlyMap<string, Group>): ReadonlySet<string> {
  const found = new Set<string>();
  const seen = new Set([start]);
  // Grows while it is walked.
  for (const name of seen) {
    for (const { kind, name: member } of groups.get(name)?.members ?? []) {
      if (kind === "target") found.add(member);
      if (kind === "group") seen.add(member);
    }
  }
  return found;
}

import type { JSONSchema } from "json-schema-to-ts";
import { defined } from "../../core/defined.ts";
import { defaultRule, type Group, type GroupMember, type UnhealthyWhen } from "../../core/group.ts";
import type { PushHeartbeat } from "../../core/push-heartbeat.ts";
import type { Target } from "../../core/target.ts";
import type { BuildContext } from "../context.ts";
import type { Raw } from "../document/defaults.ts";
import { wantedName } from "../document/describe.ts";
import type { Path } from "../document/tree.ts";
import { cyclesIn } from "./cycles.ts";
import { type Entry, type Kinds, kindsByName, namedEntries, namesIn, namesUnder } from "./entries.ts";
import { checkLabels } from "./labels.ts";
import { count, labels, name, names, word } from "./schema-words.ts";

const groupSchema = {
  type: "object",
  description: "A group has one status, aggregated from its members.",
  properties: {
    name: {
      ...name,
      description: "Unique among groups, targets and heartbeats; the label `group` of its series.",
    },
    description: { ...word, description: "Description for people." },
    members: { ...names, description: "Names of targets, heartbeats and other groups." },
    components: {
      ...names,
      items: name,
      description:
        "Names of components that report their own status; each is unknown until its first report. Other components join by naming the group in a report.",
    },
    critical_members: {
      ...names,
      description:
        "Members and components that make the group unhealthy on their own, in addition to targets and heartbeats with `critical: true`.",
    },
    unhealthy_when: {
      anyOf: [
        { type: "string", enum: ["any", "critical"] },
        {
          type: "object",
          properties: {
            count: { ...count, description: "Number of unhealthy members that make the group unhealthy." },
          },
          required: ["count"],
          additionalProperties: false,
        },
        {
          type: "object",
          properties: {
            ratio: {
              type: "number",
              exclusiveMinimum: 0,
              maximum: 1,
              description: "Share of unhealthy members that makes the group unhealthy.",
            },
          },
          required: ["ratio"],
          additionalProperties: false,
        },
      ],
      description:
        "When members that are not critical make the group unhealthy as well: `any` (one is enough), `critical` (only all of them together), a count or a ratio. Default: `critical` if a member is critical, else `any`.",
    },
    labels: { ...labels, description: "Labels of `heartbeat_group_info`." },
  },
  required: ["name"],
  additionalProperties: false,
} as const satisfies JSONSchema;

type RawGroup = Raw<typeof groupSchema>;

/** The section `groups`. */
export const groupsSchema = {
  type: "array",
  items: groupSchema,
  description: "Groups of targets, heartbeats and components.",
} as const satisfies JSONSchema;

/** Labels that the exporter or Prometheus adds to the same series. */
const RESERVED_LABELS = new Set(["group", "instance", "job"]);

/** Builds the groups in the order of the file, or none if one of them has problems. */
export function buildGroups(
  targets: readonly Target[],
  heartbeats: readonly PushHeartbeat[],
  context: BuildContext,
): readonly Group[] {
  const { problems } = context;
  const kinds = kindsByName(context);
  const reserved = [...namesUnder("targets", context), ...namesUnder("heartbeats", context)];
  const want = "a name that no other group, target or heartbeat has";
  const entries = namedEntries("groups", want, context, reserved);
  for (const entry of entries) {
    checkMembers(entry, kinds, context);
    checkLabels(entry, RESERVED_LABELS, context);
  }
  const raw = entries.map(({ value }) => value as RawGroup);
  if (!problems.isBroken(["groups"])) checkCycles(raw, context);
  if (problems.isBroken(["groups"])) return [];
  const critical = new Set([...targets, ...heartbeats].flatMap((one) => (one.critical ? [one.name] : [])));
  return raw.map((group, i) => {
    const built = groupOf(group, kinds, critical);
    warnOfRule(built, ["groups", i], context);
    return built;
  });
}

function checkMembers({ value, path }: Entry, kinds: Kinds, { problems }: BuildContext): void {
  const members = namesIn(value, "members");
  const components = namesIn(value, "components");
  for (const [i, member] of members.entries()) {
    if (kinds.has(member)) continue;
    const want = wantedName("the name of a target, heartbeat or group", member, [...kinds.keys()]);
    problems.add({ path: [...path, "members", i], want });
  }
  for (const [i, component] of components.entries()) {
    const kind = kinds.get(component);
    if (kind === undefined) continue;
    const want = `a name that no ${kind} has; the ${kind} itself belongs in members`;
    problems.add({ path: [...path, "components", i], want });
  }
  const own = [...members, ...components];
  for (const [i, member] of namesIn(value, "critical_members").entries()) {
    if (own.includes(member)) continue;
    const want = wantedName("one of the group's members or components", member, own);
    problems.add({ path: [...path, "critical_members", i], want });
  }
}

/** Reports each cycle once, at the first of its groups. */
function checkCycles(groups: readonly RawGroup[], { problems }: BuildContext): void {
  const members = new Map(groups.map((group) => [group.name, group.members ?? []]));
  for (const cycle of cyclesIn(members)) {
    problems.add({
      path: ["groups", groups.findIndex((group) => group.name === cycle[0]), "members"],
      got: `the cycle ${cycle.join(" -> ")}`,
      want: "groups that do not contain themselves",
    });
  }
}

function groupOf(raw: RawGroup, kinds: Kinds, critical: ReadonlySet<string>): Group {
  const own = new Set(raw.critical_members);
  const member = (kind: GroupMember["kind"], of: string): GroupMember => ({
    kind,
    name: of,
    critical: own.has(of) || critical.has(of),
  });
  const members = [
    ...(raw.members ?? []).flatMap((of) => {
      const kind = kinds.get(of);
      return kind === undefined ? [] : [member(kind, of)];
    }),
    ...(raw.components ?? []).map((of) => member("component", of)),
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

/** With `critical` and no critical member, an alert would come only when every member is unhealthy. */
function warnOfRule({ members, unhealthyWhen }: Group, path: Path, { problems }: BuildContext): void {
  if (unhealthyWhen.kind !== "critical" || members.some(({ critical }) => critical)) return;
  const text = "no member is critical, so the group is unhealthy only if all members are";
  problems.warn([...path, "unhealthy_when"], text);
}

import type { JSONSchema } from "json-schema-to-ts";
import { defined } from "../../../core/defined.ts";
import {
  isGood,
  NOTICE_EVENT_NAMES,
  type NoticeEvent,
  type NoticeRule,
  type NoticeSubject,
  SEVERITIES,
  selects,
  traitsOf,
} from "../../../core/notice.ts";
import {
  componentSubject,
  groupSubject,
  heartbeatSubject,
  targetSubject,
} from "../../../core/notice-subjects.ts";
import type { Sections } from "../../config.ts";
import type { BuildContext } from "../../context.ts";
import type { Raw } from "../../document/defaults.ts";
import { wantedName } from "../../document/describe.ts";
import type { Path } from "../../document/tree.ts";
import { labels, names, word } from "../schema-words.ts";

/** Events that a rule can select: the bad ones. Their end follows by itself. */
const SELECTABLE = NOTICE_EVENT_NAMES.filter((event) => !isGood(event));

/** The option `when`. */
export const whenSchema = {
  type: "object",
  description:
    "Selects what is told; all conditions must hold. The end of what was told, and its changes, are told as well. Default: everything.",
  properties: {
    severity: {
      type: "array",
      items: { type: "string", enum: SEVERITIES.filter((severity) => severity !== "info") },
      minItems: 1,
      uniqueItems: true,
      description: "Severities, as in docs/notify.md.",
    },
    events: {
      type: "array",
      items: { type: "string", enum: SELECTABLE },
      minItems: 1,
      uniqueItems: true,
      description: "Kinds of events.",
    },
    kinds: {
      ...names,
      minItems: 1,
      description: "`target`, `heartbeat`, `group`, `component`, or a kind of heartbeats such as `machine`.",
    },
    owners: { ...names, minItems: 1, description: "Owners of heartbeats, or values of the label `owner`." },
    labels: {
      ...labels,
      minProperties: 1,
      description: "Labels that the subject has; `*` stands for any text.",
    },
    subjects: {
      type: "array",
      items: word,
      minItems: 1,
      uniqueItems: true,
      description: "Names of targets, heartbeats, groups and components; `*` stands for any text.",
    },
  },
  additionalProperties: false,
} as const satisfies JSONSchema;

type RawWhen = Raw<typeof whenSchema>;

/** The parts of the configuration that notices are about. */
export type KnownSubjects = Pick<Sections, "targets" | "push" | "groups">;

/** Builds a rule. */
export function ruleOf(raw: RawWhen | undefined): NoticeRule {
  const { severity, events, kinds, owners, labels: patterns, subjects } = raw ?? {};
  const setOf = <T>(list: readonly T[] | undefined): ReadonlySet<T> | undefined =>
    list === undefined ? undefined : new Set(list);
  return defined({
    severities: setOf(severity),
    events: setOf(events as readonly NoticeEvent[] | undefined),
    kinds: setOf(kinds),
    owners: setOf(owners),
    labels: patterns,
    subjects,
  });
}

/** Reports names that nothing has, and a rule that can never select anything. */
export function checkRule(
  rule: NoticeRule,
  raw: RawWhen | undefined,
  path: Path,
  known: KnownSubjects,
  { problems }: BuildContext,
): void {
  if (raw === undefined) return;
  const subjects = [...subjectsOf(known)];
  const open = known.push.registration !== undefined;
  const nameList = subjects.map(({ name }) => name);
  for (const [i, subject] of (raw.subjects ?? []).entries()) {
    if (open || subject.includes("*") || nameList.includes(subject)) continue;
    const want = "the name of a target, heartbeat, group or component of a group, or a pattern with *";
    problems.add({ path: [...path, "subjects", i], want: wantedName(want, subject, nameList) });
  }
  if (problems.isBroken(path)) return;
  const canMatch = (one: NoticeRule): boolean =>
    subjects.some((subject) => eventsOf(subject, known).some((event) => selects(one, event, subject))) ||
    mayMatchUnknown(one, open);
  if (canMatch(rule)) return;
  for (const [key, value] of Object.entries(raw)) {
    if (canMatch(ruleOf({ [key]: value }))) continue;
    const want = "a condition that something in the configuration meets";
    problems.add({ path: [...path, key], got: "a condition that nothing in the configuration meets", want });
    return;
  }
  problems.add({
    path,
    got: "conditions that nothing in the configuration meets together",
    want: "at least one target, heartbeat, group or component with such an event",
  });
}

function* subjectsOf({ targets, push, groups }: KnownSubjects): Generator<NoticeSubject> {
  for (const target of targets) yield targetSubject(target);
  for (const heartbeat of push.heartbeats) yield heartbeatSubject(heartbeat);
  for (const group of groups) yield groupSubject(group);
  for (const { members } of groups)
    for (const { kind, name } of members) if (kind === "component") yield componentSubject(name, groups);
}

/** Returns the events that can happen to a subject. */
function eventsOf({ kind, name }: NoticeSubject, { targets }: KnownSubjects): readonly NoticeEvent[] {
  const target = kind === "target" ? targets.find((one) => one.name === name) : undefined;
  return SELECTABLE.filter((event) => {
    const { of, aspect } = traitsOf(event);
    if (!of.includes(kind)) return false;
    if (aspect === "mode") return target?.failover !== undefined;
    if (aspect === "budget") return target?.budgets !== undefined || target?.module.budgets !== undefined;
    return true;
  });
}

/** Reports whether a rule may select something that is not configured: a component that reports, or a heartbeat that registers. */
function mayMatchUnknown(rule: NoticeRule, open: boolean): boolean {
  const { labels: _1, owners: _2, ...rest } = rule;
  const component = componentSubject(" ", []);
  const isOpenTo = (one: NoticeRule, subject: NoticeSubject): boolean =>
    SELECTABLE.some((event) => traitsOf(event).of.includes(subject.kind) && selects(one, event, subject));
  if (isOpenTo(rule, component)) return true;
  if (!open) return false;
  // A heartbeat chooses its kind, owner, name and labels when it registers.
  const { kinds, subjects: _3, ...free } = rest;
  const mayBeHeartbeat =
    kinds === undefined || [...kinds].some((kind) => !["target", "group", "component"].includes(kind));
  return mayBeHeartbeat && isOpenTo(free, { kind: "heartbeat", name: "", critical: false, labels: {} });
}

import { matchesPattern } from "./names.ts";
import type { Timestamp } from "./units.ts";

/** The severities of notices, as in the alerts of the pack, the worst first. */
export const SEVERITIES = ["critical", "warning", "info"] as const;
/** One of `SEVERITIES`. */
export type Severity = (typeof SEVERITIES)[number];

/** The kinds of subjects that notices are about. */
export const SUBJECT_KINDS = ["target", "heartbeat", "group", "component"] as const;
/** One of `SUBJECT_KINDS`. */
export type NoticeSubjectKind = (typeof SUBJECT_KINDS)[number];

/** A kind of event that notices tell. */
interface EventTraits {
  readonly of: readonly NoticeSubjectKind[];
  /** The question that the event answers. A subject has one state for each: notices about it replace each other. */
  readonly aspect: "status" | "mode" | "certificate" | "budget";
  /** `good` ends what a bad event began. `by_subject`: critical if the subject is, else a warning. */
  readonly severity: Exclude<Severity, "info"> | "by_subject" | "good";
  /** Follows the name of the subject in a sentence. */
  readonly words: string;
  /** Follows a number of subjects. */
  readonly short: string;
}

/** Every event that notices tell, and the only list of them. */
export const NOTICE_EVENTS = {
  down: {
    of: ["target", "group", "component"],
    aspect: "status",
    severity: "by_subject",
    words: "is down",
    short: "down",
  },
  unknown: {
    of: ["target", "group", "component"],
    aspect: "status",
    severity: "warning",
    words: "is unknown",
    short: "unknown",
  },
  degraded: {
    of: ["target", "group", "component"],
    aspect: "status",
    severity: "warning",
    words: "is degraded",
    short: "degraded",
  },
  up: {
    of: ["target", "group", "component"],
    aspect: "status",
    severity: "good",
    words: "is up again",
    short: "up again",
  },
  missed: {
    of: ["heartbeat"],
    aspect: "status",
    severity: "by_subject",
    words: "missed its heartbeat",
    short: "missed their heartbeat",
  },
  failed: {
    of: ["heartbeat"],
    aspect: "status",
    severity: "by_subject",
    words: "reported a failure",
    short: "reported a failure",
  },
  back: { of: ["heartbeat"], aspect: "status", severity: "good", words: "is back", short: "back" },
  fallback: {
    of: ["target"],
    aspect: "mode",
    severity: "warning",
    words: "is in fallback",
    short: "in fallback",
  },
  fallback_overdue: {
    of: ["target"],
    aspect: "mode",
    severity: "critical",
    words: "is in fallback for longer than its max_duration",
    short: "in fallback for too long",
  },
  recovered: {
    of: ["target"],
    aspect: "mode",
    severity: "good",
    words: "is back in primary mode",
    short: "back in primary mode",
  },
  certificate_expiring: {
    of: ["target"],
    aspect: "certificate",
    severity: "warning",
    words: "has a certificate that expires soon",
    short: "with a certificate that expires soon",
  },
  certificate_expired: {
    of: ["target"],
    aspect: "certificate",
    severity: "critical",
    words: "has an expired certificate",
    short: "with an expired certificate",
  },
  certificate_renewed: {
    of: ["target"],
    aspect: "certificate",
    severity: "good",
    words: "has a renewed certificate",
    short: "with a renewed certificate",
  },
  budget_exhausted: {
    of: ["target"],
    aspect: "budget",
    severity: "warning",
    words: "is not probed, because its budget is exhausted",
    short: "not probed, because a budget is exhausted",
  },
  budget_available: {
    of: ["target"],
    aspect: "budget",
    severity: "good",
    words: "has budget again",
    short: "with budget again",
  },
} as const satisfies Readonly<Record<string, EventTraits>>;

/** One of the keys of `NOTICE_EVENTS`. */
export type NoticeEvent = keyof typeof NOTICE_EVENTS;
/** The names of all events. */
export const NOTICE_EVENT_NAMES = Object.keys(NOTICE_EVENTS) as readonly NoticeEvent[];

/** Returns the traits of an event. */
export const traitsOf = (event: NoticeEvent): EventTraits => NOTICE_EVENTS[event];

/** Reports whether an event ends what a bad one began. */
export const isGood = (event: NoticeEvent): boolean => traitsOf(event).severity === "good";

/** Something that a notice is about, with what rules select by. */
export interface NoticeSubject {
  readonly kind: NoticeSubjectKind;
  readonly name: string;
  /** The word of a heartbeat's configuration: `machine`, `job`. */
  readonly word?: string;
  readonly critical: boolean;
  readonly owner?: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Something that happened to a subject, for people. */
export interface Notice {
  readonly subject: NoticeSubject;
  readonly event: NoticeEvent;
  readonly at: Timestamp;
  /** A bounded word: the reason of the failed probe, for example. */
  readonly reason?: string;
  /** Explanation, without secrets. */
  readonly detail?: string;
  /** When the subject last worked. */
  readonly lastSuccess?: Timestamp;
}

/** Returns the severity of an event of a subject; that of a good one is `info`. */
export function severityOf(event: NoticeEvent, { critical }: Pick<NoticeSubject, "critical">): Severity {
  const { severity } = traitsOf(event);
  if (severity === "good") return "info";
  if (severity === "by_subject") return critical ? "critical" : "warning";
  return severity;
}

/** Selects notices. An absent list selects all. */
export interface NoticeRule {
  readonly severities?: ReadonlySet<Severity>;
  readonly events?: ReadonlySet<NoticeEvent>;
  /** Kinds of subjects, and kinds of heartbeats: `target`, `machine`. */
  readonly kinds?: ReadonlySet<string>;
  readonly owners?: ReadonlySet<string>;
  /** Patterns for labels; a subject needs all of them. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Patterns for names. */
  readonly subjects?: readonly string[];
}

/** Reports whether a rule selects an event of a subject. */
export function selects(rule: NoticeRule, event: NoticeEvent, subject: NoticeSubject): boolean {
  const { severities, events, kinds, owners, labels = {}, subjects } = rule;
  const { kind, name, word, owner } = subject;
  return (
    (severities?.has(severityOf(event, subject)) ?? true) &&
    (events?.has(event) ?? true) &&
    (kinds === undefined || kinds.has(kind) || (word !== undefined && kinds.has(word))) &&
    (owners === undefined || (owner !== undefined && owners.has(owner))) &&
    (subjects?.some((pattern) => matchesPattern(pattern, name)) ?? true) &&
    Object.entries(labels).every(([label, pattern]) => {
      const value = Object.hasOwn(subject.labels, label) ? subject.labels[label] : undefined;
      return value !== undefined && matchesPattern(pattern, value);
    })
  );
}

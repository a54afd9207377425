import { visible } from "../core/escape.ts";
import { isLabelName, LABEL_NAME_FORM, RESERVED_HEARTBEAT_LABELS } from "../core/heartbeat-labels.ts";
import { isObject } from "../core/json-object.ts";
import { truncateWithDots } from "../core/truncate.ts";

/** The facts that a registered heartbeat has told about itself; the fields are those of a configured one. */
export interface HeartbeatFacts {
  readonly hostname?: string;
  readonly owner?: string;
  readonly description?: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The error of facts that were refused, `PART: got X, want Y`. */
export interface FactProblem {
  readonly refused: string;
}

/** Facts of a heartbeat that has told none. */
export const NO_FACTS: HeartbeatFacts = { labels: {} };

const FIELDS = ["hostname", "owner", "description"] as const;

/** Longest values, in code points. */
const LONGEST = { hostname: 256, owner: 256, description: 1024, label: 256 } as const;
const LONGEST_LABEL_NAME = 128;
const MOST_LABELS = 16;

/** Longest excerpt of a value in an error, in UTF-16 code units. */
const LONGEST_EXCERPT = 60;

/** Characters that would garble logs, chats and terminals, and the one that stands for invalid UTF-8. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\ufffd]/u;

/**
 * Applies what a ping tells: `{hostname?, owner?, description?, labels?: {NAME: VALUE}}`. Absent or null leaves a fact as
 * it is, an empty text removes it. Returns `before` itself if nothing changes.
 */
export function changeFacts(before: HeartbeatFacts, told: unknown): HeartbeatFacts | FactProblem {
  if (!isObject(told))
    return refuse("body", show(told), 'a JSON object such as {"hostname": "web-1.example.com"}');
  const unknown = Object.keys(told).find((key) => key !== "labels" && !FIELDS.some((field) => field === key));
  if (unknown !== undefined)
    return refuse("body", `the key ${show(unknown)}`, `${FIELDS.join(", ")} or labels`);
  const fields: Partial<Record<(typeof FIELDS)[number], string>> = {};
  for (const field of FIELDS) {
    const value = told[field] ?? before[field] ?? "";
    const problem = checkText(field, value, LONGEST[field]);
    if (problem !== undefined) return problem;
    if (typeof value === "string" && value !== "") fields[field] = value;
  }
  const labels = changeLabels(before.labels, told["labels"] ?? {});
  if ("refused" in labels) return labels;
  const after = { ...fields, labels: labels.values };
  return isSame(before, after) ? before : after;
}

function changeLabels(
  before: HeartbeatFacts["labels"],
  told: unknown,
): { readonly values: HeartbeatFacts["labels"] } | FactProblem {
  if (!isObject(told)) return refuse("labels", show(told), "an object of texts");
  const labels = new Map(Object.entries(before));
  for (const [name, value] of Object.entries(told)) {
    const problem = checkName(name) ?? checkText(`labels.${name}`, value ?? "", LONGEST.label);
    if (problem !== undefined) return problem;
    if (value === "") labels.delete(name);
    else if (typeof value === "string") labels.set(name, value);
  }
  if (labels.size > MOST_LABELS)
    return refuse("labels", `${labels.size} labels`, `at most ${MOST_LABELS}, with those of earlier pings`);
  return { values: Object.fromEntries([...labels].toSorted(([a], [b]) => (a < b ? -1 : 1))) };
}

function checkName(name: string): FactProblem | undefined {
  if (name.length > LONGEST_LABEL_NAME)
    return refuse("labels", `a name of ${name.length} characters`, `at most ${LONGEST_LABEL_NAME}`);
  if (!isLabelName(name)) return refuse("labels", `the name ${show(name)}`, LABEL_NAME_FORM);
  if (!RESERVED_HEARTBEAT_LABELS.has(name) && !name.startsWith("__")) return undefined;
  const reserved = [...RESERVED_HEARTBEAT_LABELS].join(", ");
  return refuse(
    "labels",
    `the reserved name ${show(name)}`,
    `another name than ${reserved}, and none that starts with __`,
  );
}

function checkText(part: string, value: unknown, longest: number): FactProblem | undefined {
  if (typeof value !== "string") return refuse(part, show(value), "text");
  const length = Array.from(value).length;
  if (length > longest) return refuse(part, `${length} characters`, `at most ${longest}`);
  if (!UNPRINTABLE.test(value)) return undefined;
  return refuse(part, show(value), "one line of UTF-8 text without control characters");
}

function isSame(a: HeartbeatFacts, b: HeartbeatFacts): boolean {
  const names = Object.keys(a.labels);
  return (
    FIELDS.every((field) => a[field] === b[field]) &&
    names.length === Object.keys(b.labels).length &&
    names.every((name) => a.labels[name] === b.labels[name])
  );
}

/** Reads persisted facts. Returns `undefined` if there are none or they are malformed: the next ping may tell them again. */
export function readStoredFacts(value: unknown): HeartbeatFacts | undefined {
  if (value === undefined) return undefined;
  const facts = changeFacts(NO_FACTS, value);
  return "refused" in facts ? undefined : facts;
}

const refuse = (part: string, got: string, want: string): FactProblem => ({
  refused: `${part}: got ${got}, want ${want}`,
});

/** Formats a value for an error: shortened, and with what cannot be printed escaped. */
function show(value: unknown): string {
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "a list" : "an object";
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return visible(truncateWithDots(text, LONGEST_EXCERPT));
}

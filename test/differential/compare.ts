import { parseExposition, type Series } from "../helpers/exposition.ts";
import { LONG } from "./case.ts";
import type { Arrived } from "./targets/arrived.ts";

/** What came of asking one exporter. */
export interface Observed {
  readonly status: number;
  readonly text: string;
  /** What the targets received meanwhile. */
  readonly requests: readonly Arrived[];
}

/** How to compare. */
export interface Comparison {
  readonly slow: boolean;
  readonly agent: boolean;
}

/** Series that only this exporter has, and when: they are left out of every comparison, but have to be there (`sometimes`: other tests show when). */
export const OURS_ALONE: Readonly<Record<string, "always" | "failure" | "sometimes">> = {
  probe_failure_reason: "failure",
  probe_result_age_seconds: "always",
  // Newer than blackbox_exporter 0.28.0.
  probe_timeout_seconds: "always",
  probe_tls_client_certificate_expiry_timestamp_seconds: "sometimes",
};

/** Series that measure time, whose values cannot be equal. */
const MEASURED = new Set(["probe_duration_seconds", "probe_dns_lookup_time_seconds"]);
const PHASES = "probe_http_duration_seconds";

/**
 * Says how `ours` differs from `theirs`, a line each; nothing when they are equal. `-` is what only blackbox_exporter
 * has, `+` what only this exporter has.
 */
export function differences(theirs: Observed, ours: Observed, how: Comparison): string[] {
  const lines: string[] = [];
  if (theirs.status !== ours.status) lines.push(`status: ${theirs.status} -> ${ours.status}`);
  if (theirs.status === 200 && ours.status === 200) {
    lines.push(...compareExpositions(theirs.text, ours.text, how));
  } else if (theirs.text.trim() !== ours.text.trim()) lines.push("text");
  return [...lines, ...compareRequests(theirs.requests, ours.requests, how)];
}

/** Whether a text of the exporter is the outcome of a probe, and which. */
export const verdictOf = (text: string): "success" | "failure" | undefined => {
  const found = /^probe_success ([01])$/m.exec(text);
  return found === null ? undefined : found[1] === "1" ? "success" : "failure";
};

function compareExpositions(theirs: string, ours: string, how: Comparison): string[] {
  if (verdictOf(theirs) === undefined || verdictOf(ours) === undefined) {
    return theirs === ours ? [] : ["text"];
  }
  const before = parseExposition(theirs);
  const after = parseExposition(ours);
  const lines = compareMaps(
    new Map(before.series.map((each) => [nameOf(each), valueOf(each, how)])),
    new Map(after.series.filter(shared).map((each) => [nameOf(each), valueOf(each, how)])),
  );
  const types = [...before.types].flatMap(([name, type]) => {
    const other = after.types.get(name) ?? "none";
    const same = other === type || !after.series.some((each) => each.name === name);
    return same ? [] : [`type of ${name}: ${type} -> ${other}`];
  });
  const lacking = Object.entries(OURS_ALONE).filter(([name, when]) => {
    if (when === "sometimes") return false;
    const wanted = when === "always" || verdictOf(ours) === when;
    return wanted !== after.series.some((each) => each.name === name);
  });
  return [...lines, ...types, ...lacking.map(([name, when]) => `${name}: not as it should be (${when})`)];
}

const shared = ({ name }: Series): boolean => !Object.hasOwn(OURS_ALONE, name);

function nameOf({ name, labels }: Series): string {
  const text = Object.entries(labels)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return text.length === 0 ? name : `${name}{${text.join(",")}}`;
}

function valueOf({ name, value }: Series, { slow }: Comparison): string {
  if (MEASURED.has(name)) return "some time";
  if (name !== PHASES) return String(value);
  if (value === 0) return "0";
  return slow && value >= LONG ? "long" : "some time";
}

/** A series that one side lacks is told without its labels when they are of no account: the case knows its target. */
function compareMaps(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  const named = (key: string, others: ReadonlyMap<string, string>): string => {
    const [name = ""] = key.split("{");
    const told = name.endsWith("_info") && [...others.keys()].every((other) => other.split("{")[0] !== name);
    return told ? name : key;
  };
  return [
    ...[...before].flatMap(([key, value]) => {
      const other = after.get(key);
      if (other === undefined) return [`- ${named(key, after)}`];
      return other === value ? [] : [`${key}: ${value} -> ${other}`];
    }),
    ...[...after.keys()].flatMap((key) => (before.has(key) ? [] : [`+ ${named(key, before)}`])),
  ];
}

function compareRequests(
  theirs: readonly Arrived[],
  ours: readonly Arrived[],
  { agent }: Comparison,
): string[] {
  const lines = theirs.length === ours.length ? [] : [`requests: ${theirs.length} -> ${ours.length}`];
  // Where one side needs fewer requests, it is the first ones that it is spared.
  const spared = Math.max(0, theirs.length - ours.length);
  for (const [i, before] of theirs.slice(spared).entries()) {
    const after = ours[i];
    if (after === undefined) break;
    const changes = compareMaps(factsOf(before, agent), factsOf(after, agent));
    lines.push(...changes.map((change) => `request ${i + 1}: ${change}`));
  }
  return lines;
}

function factsOf({ headers, ...rest }: Arrived, agent: boolean): Map<string, string> {
  const facts = new Map(Object.entries(rest).map(([name, value]) => [name, String(value)]));
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? "";
    const value = headers[i + 1] ?? "";
    if (!agent && isAgent(name, value)) continue;
    const key = `header ${name}`;
    const earlier = facts.get(key);
    // HTTP/2 may send each cookie by itself.
    const between = name === "cookie" ? "; " : " | ";
    facts.set(key, earlier === undefined ? value : earlier + between + value);
  }
  return facts;
}

const isAgent = (name: string, value: string): boolean =>
  name.toLowerCase() === "user-agent" &&
  /^(Blackbox-Exporter|heartbeat-exporter|Go-http-client)\b/.test(value);

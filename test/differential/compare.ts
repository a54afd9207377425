import { parseExposition, type Series } from "../helpers/exposition.ts";
import { LONG } from "./case.ts";
import type { ReceivedRequest } from "./targets/requests.ts";

/** The response of one exporter, and the requests that it caused. */
export interface Observation {
  readonly status: number;
  readonly text: string;
  /** Requests that the targets received. */
  readonly requests: readonly ReceivedRequest[];
}

/** Options of a comparison. */
export interface Comparison {
  readonly slow: boolean;
  readonly agent: boolean;
}

/** Series that only this exporter has. They are not compared, but have to exist: always, on failure, or in cases of other tests (`sometimes`). */
export const OURS_ALONE: Readonly<Record<string, "always" | "failure" | "sometimes">> = {
  probe_failure_reason: "failure",
  probe_result_age_seconds: "always",
  // Newer than blackbox_exporter 0.28.0.
  probe_timeout_seconds: "always",
  probe_tls_group_info: "sometimes",
  probe_tls_client_certificate_expiry_timestamp_seconds: "sometimes",
  probe_dns_retries: "sometimes",
};

/** Series of measured times, whose values differ. */
const MEASURED = new Set(["probe_duration_seconds", "probe_dns_lookup_time_seconds"]);
/** Series of the phases of a kind of prober, which are 0 if the phase was not reached. */
const PHASES = /^probe_(?:http|tcp|dns|icmp|grpc|unix|websocket)_duration_seconds$/;

/**
 * Returns the differences between `theirs` and `ours`, one line each. `-` marks what only blackbox_exporter has, `+` what only
 * this exporter has.
 */
export function differences(theirs: Observation, ours: Observation, how: Comparison): string[] {
  const lines: string[] = [];
  if (theirs.status !== ours.status) lines.push(`status: ${theirs.status} -> ${ours.status}`);
  if (theirs.status === 200 && ours.status === 200) {
    lines.push(...compareExpositions(theirs.text, ours.text, how));
  } else if (theirs.text.trim() !== ours.text.trim()) lines.push("text");
  return [...lines, ...compareRequests(theirs.requests, ours.requests, how)];
}

/** Returns the verdict in an exposition; undefined if it has none. */
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
  return [...lines, ...types, ...lacking.map(([name, when]) => `${name}: expected ${when}`)];
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
  if (!PHASES.test(name)) return String(value);
  if (value === 0) return "0";
  return slow && value >= LONG ? "long" : "some time";
}

/** Compares two maps. The labels of an info series that one side lacks are left out of its line, because they only describe the target. */
function compareMaps(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  const shortened = (key: string, others: ReadonlyMap<string, string>): string => {
    const [name = ""] = key.split("{");
    const isLacking =
      name.endsWith("_info") && [...others.keys()].every((other) => other.split("{")[0] !== name);
    return isLacking ? name : key;
  };
  return [
    ...[...before].flatMap(([key, value]) => {
      const other = after.get(key);
      if (other === undefined) return [`- ${shortened(key, after)}`];
      return other === value ? [] : [`${key}: ${value} -> ${other}`];
    }),
    ...[...after.keys()].flatMap((key) => (before.has(key) ? [] : [`+ ${shortened(key, before)}`])),
  ];
}

function compareRequests(
  theirs: readonly ReceivedRequest[],
  ours: readonly ReceivedRequest[],
  { agent }: Comparison,
): string[] {
  const lines = theirs.length === ours.length ? [] : [`requests: ${theirs.length} -> ${ours.length}`];
  // If ours are fewer, the first requests, such as those for a token, are the missing ones.
  const missing = Math.max(0, theirs.length - ours.length);
  for (const [i, before] of theirs.slice(missing).entries()) {
    const after = ours[i];
    if (after === undefined) break;
    const changes = compareMaps(factsOf(before, agent), factsOf(after, agent));
    lines.push(...changes.map((change) => `request ${i + 1}: ${change}`));
  }
  return lines;
}

function factsOf({ headers, ...rest }: ReceivedRequest, agent: boolean): Map<string, string> {
  const facts = new Map(Object.entries(rest).map(([name, value]) => [name, String(value)]));
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? "";
    const value = headers[i + 1] ?? "";
    if (!agent && isAgent(name, value)) continue;
    const key = `header ${name}`;
    const earlier = facts.get(key);
    // HTTP/2 may send each cookie in a header of its own.
    const separator = name === "cookie" ? "; " : " | ";
    facts.set(key, earlier === undefined ? value : earlier + separator + value);
  }
  return facts;
}

const isAgent = (name: string, value: string): boolean =>
  name.toLowerCase() === "user-agent" &&
  /^(Blackbox-Exporter|heartbeat-exporter|Go-http-client)\b/.test(value);

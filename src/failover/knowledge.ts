import { isObject } from "../core/json-object.ts";
import type { FailoverState } from "./machine.ts";

/** A target as a leader tells of it. */
export interface Told {
  /** Identifies what the target is asked, and how. */
  readonly configuration: string;
  /** The state, not checked. */
  readonly state: unknown;
}

/** Version of the form. A replica of another version learns nothing. */
const VERSION = 1;

/** Longest text, in bytes. Kubernetes allows 256 KiB for all annotations of an object. */
const LONGEST = 128 * 1024;

/**
 * Writes the states of targets for another replica. If they do not fit, those that say most come first: fallback, forced modes and
 * unhealthy targets. One that is left out starts from nothing on the next leader.
 */
export function writeKnowledge(
  targets: readonly (readonly [name: string, configuration: string, state: FailoverState])[],
): string {
  const ranked = targets.toSorted(([, , a], [, , b]) => weightOf(b) - weightOf(a));
  const parts: string[] = [];
  let length = 0;
  for (const [name, configuration, { lastResultId: _own, ...state }] of ranked) {
    const part = `${JSON.stringify(name)}:${JSON.stringify([configuration, state])}`;
    length += Buffer.byteLength(part) + 1;
    if (length > LONGEST) break;
    parts.push(part);
  }
  return `{"version":${VERSION},"targets":{${parts.join(",")}}}`;
}

const weightOf = ({ mode, forced, health }: FailoverState): number =>
  (mode === "fallback" || forced !== undefined ? 2 : 0) + (health === "unhealthy" ? 1 : 0);

/** Reads what `writeKnowledge` has written, by the names of targets. Empty for a text of another form. */
export function readKnowledge(text: string | undefined): ReadonlyMap<string, Told> {
  const told = new Map<string, Told>();
  const value = parsed(text);
  if (!isObject(value) || value["version"] !== VERSION || !isObject(value["targets"])) return told;
  for (const [name, entry] of Object.entries(value["targets"])) {
    if (!Array.isArray(entry)) continue;
    const [configuration, state] = entry as readonly unknown[];
    if (typeof configuration === "string") told.set(name, { configuration, state });
  }
  return told;
}

function parsed(text: string | undefined): unknown {
  if (text === undefined || text.length > LONGEST + 1024) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

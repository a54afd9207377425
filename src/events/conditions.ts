import { defined } from "../core/defined.ts";
import type { EventFacts } from "../core/history.ts";
import { retainKeys, type StateStore } from "../core/memory.ts";
import { elapsed, rfc3339, type Seconds, type Timestamp } from "../core/units.ts";

/** Conditions of targets beside their status, each change of which is an event: certificates and budgets. Kept over restarts. */
export interface Conditions {
  /** Takes in the earliest expiry among the certificates of a target, which counts as expiring for `warning` before it. */
  certificate(target: string, expiry: Timestamp, warning: Seconds): void;
  /** Takes in that a budget of a target is exhausted, or that it is not. */
  budget(
    target: string,
    exhausted: { readonly detail: string; readonly until?: Timestamp } | undefined,
  ): void;
  /** Forgets all targets that are not in `names`. */
  retain(names: { has(name: string): boolean }): void;
}

/** The services that conditions need. */
export interface ConditionsDeps {
  readonly now: () => Timestamp;
  readonly store: StateStore;
  readonly record: (event: EventFacts) => void;
}

/** Restores the conditions of the previous run. */
export function createConditions({ now, store, record }: ConditionsDeps): Conditions {
  const change = (
    kind: "certificate" | "budget",
    subject: string,
    normal: string,
    to: string,
    facts: Pick<EventFacts, "detail" | "until">,
  ): void => {
    const key = `${kind}/${subject}`;
    const stored = store.get(key);
    const from = typeof stored === "string" ? stored : normal;
    if (from === to) return;
    if (to === normal) store.delete(key);
    else store.put(key, to);
    record({ kind, at: now(), subject, from, to, ...facts });
  };
  return {
    certificate(target, expiry, warning) {
      const left = elapsed(now(), expiry);
      const to = left <= 0 ? "expired" : left < warning ? "expiring" : "valid";
      const detail = `${to === "expired" ? "expired" : "expires"} ${rfc3339(expiry)}`;
      change("certificate", target, "valid", to, { detail, until: expiry });
    },
    budget(target, exhausted) {
      const to = exhausted === undefined ? "available" : "exhausted";
      change(
        "budget",
        target,
        "available",
        to,
        defined({ detail: exhausted?.detail, until: exhausted?.until }),
      );
    },
    retain: (names) => retainKeys(store, { has: (key) => names.has(key.slice(key.indexOf("/") + 1)) }),
  };
}

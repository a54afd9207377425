import { type Amount, exactly, PERIODS, type Period } from "../core/money.ts";
import type { Timestamp } from "../core/units.ts";
import { windowNow } from "./windows.ts";

/** Whose money it is: that of a module, which pays for all its probes, or of a target. */
export interface Owner {
  readonly kind: "module" | "target";
  readonly name: string;
}

/** What an owner spent in one window: plain data, to be kept over a restart. */
export interface Spending extends Amount {
  readonly owner: Owner;
  readonly per: Period;
  readonly windowStart: Timestamp;
}

/** Remembers what was spent in the windows of now, whether or not there is a budget: one that is added later finds it. */
export interface Ledger {
  add(owner: Owner, amount: Amount, at: Timestamp): void;
  /** What `owner` spent in the window that holds `at`, and when that began. */
  spent(owner: Owner, per: Period, at: Timestamp): Amount & { readonly windowStart: Timestamp };
  /** Forgets the owners that `keep` does not want. */
  retain(keep: (owner: Owner) => boolean): void;
  /** Everything that is remembered. */
  snapshot(): readonly Spending[];
  /** Adds what another ledger remembered: of the same window to what is there, of a later one instead of it. */
  restore(spendings: readonly Spending[]): void;
}

const NOTHING: Amount = { tokens: 0, dollars: 0 };

export function createLedger(): Ledger {
  const entries = new Map<string, Spending>();
  const put = (spending: Spending): void => {
    entries.set(keyOf(spending.owner, spending.per), spending);
  };
  const spent: Ledger["spent"] = (owner, per, at) => {
    const known = entries.get(keyOf(owner, per));
    const windowStart = windowNow(per, at, known?.windowStart);
    const { tokens, dollars } = known?.windowStart === windowStart ? known : NOTHING;
    return { tokens, dollars, windowStart };
  };
  return {
    spent,
    add(owner, amount, at) {
      for (const per of PERIODS) {
        const { windowStart, ...before } = spent(owner, per, at);
        put({ owner, per, windowStart, ...sum(before, amount) });
      }
    },
    retain(keep) {
      for (const [key, { owner }] of entries) if (!keep(owner)) entries.delete(key);
    },
    snapshot: () => [...entries.values()],
    restore(spendings) {
      for (const spending of spendings) {
        const known = entries.get(keyOf(spending.owner, spending.per));
        if (known === undefined || known.windowStart < spending.windowStart) put(spending);
        else if (known.windowStart === spending.windowStart) put({ ...known, ...sum(known, spending) });
      }
    },
  };
}

const sum = (a: Amount, b: Amount): Amount => ({
  tokens: a.tokens + b.tokens,
  dollars: exactly(a.dollars + b.dollars),
});

const keyOf = ({ kind, name }: Owner, per: Period): string => `${per} ${kind} ${name}`;

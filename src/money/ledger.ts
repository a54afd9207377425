import { createMemory, type StateStore } from "../core/memory.ts";
import { type Amount, PERIODS, type Period, roundDollars } from "../core/money.ts";
import { type Timestamp, timestamp } from "../core/units.ts";
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
}

const NOTHING: Amount = { tokens: 0, dollars: 0 };

/** @param shelf where it is kept over a restart */
export function createLedger(shelf: StateStore = createMemory().namespace("ledger")): Ledger {
  const entries = new Map<string, Spending>();
  for (const [key, value] of shelf.entries()) {
    const spending = readSpending(value);
    if (spending !== undefined && keyOf(spending.owner, spending.per) === key) entries.set(key, spending);
  }
  const put = (spending: Spending): void => {
    const key = keyOf(spending.owner, spending.per);
    entries.set(key, spending);
    shelf.put(key, spending);
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
      for (const [key, { owner }] of entries) {
        if (keep(owner)) continue;
        entries.delete(key);
        shelf.delete(key);
      }
    },
  };
}

/** What a shelf holds, or `undefined` when it is no spending. */
function readSpending(value: unknown): Spending | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { owner, per, windowStart, tokens, dollars } = value as Partial<Record<keyof Spending, unknown>>;
  const period = PERIODS.find((known) => known === per);
  if (typeof owner !== "object" || owner === null || period === undefined) return undefined;
  const { kind, name } = owner as Partial<Record<keyof Owner, unknown>>;
  if ((kind !== "module" && kind !== "target") || typeof name !== "string") return undefined;
  if (!isAmount(windowStart) || !isAmount(tokens) || !isAmount(dollars)) return undefined;
  return { owner: { kind, name }, per: period, windowStart: timestamp(windowStart), tokens, dollars };
}

const isAmount = (value: unknown): value is number =>
  typeof value === "number" && Number.isFinite(value) && value >= 0;

const sum = (a: Amount, b: Amount): Amount => ({
  tokens: a.tokens + b.tokens,
  dollars: roundDollars(a.dollars + b.dollars),
});

const keyOf = ({ kind, name }: Owner, per: Period): string => `${per} ${kind} ${name}`;

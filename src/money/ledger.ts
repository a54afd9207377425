import { createMemory, type StateStore } from "../core/memory.ts";
import { type Amount, PERIODS, type Period, roundDollars } from "../core/money.ts";
import { isTimestamp, type Timestamp } from "../core/units.ts";
import { currentWindow } from "./windows.ts";

/** The owner of a budget: a module, which pays for all its probes, or a target. */
export interface Owner {
  readonly kind: "module" | "target";
  readonly name: string;
}

/** The spending of an owner in one window, as stored. */
export interface Spending extends Amount {
  readonly owner: Owner;
  readonly per: Period;
  readonly windowStart: Timestamp;
}

/** The spending in the current windows of all owners, with or without a budget: a budget added later counts it too. */
export interface Ledger {
  /** Adds an amount to the current windows of `owner`. */
  add(owner: Owner, amount: Amount, at: Timestamp): void;
  /** Returns the spending of `owner` in the window that contains `at`, and the start of the window. */
  spent(owner: Owner, per: Period, at: Timestamp): Amount & { readonly windowStart: Timestamp };
  /** Deletes the owners for which `keep` returns false. */
  retain(keep: (owner: Owner) => boolean): void;
}

const NOTHING: Amount = { tokens: 0, dollars: 0 };

/**
 * Creates a ledger and restores its spending.
 * @param store persists the spending
 * @param onUnreadable called if a stored spending is malformed, so that its budget begins again
 */
export function createLedger(
  store: StateStore = createMemory().namespace("ledger"),
  onUnreadable: () => void = () => {},
): Ledger {
  const entries = new Map<string, Spending>();
  for (const [key, value] of store.entries()) {
    const spending = readSpending(value);
    if (spending !== undefined && keyOf(spending.owner, spending.per) === key) entries.set(key, spending);
    else onUnreadable();
  }
  const put = (spending: Spending): void => {
    const key = keyOf(spending.owner, spending.per);
    entries.set(key, spending);
    store.put(key, spending);
  };
  const spent: Ledger["spent"] = (owner, per, at) => {
    const entry = entries.get(keyOf(owner, per));
    const windowStart = currentWindow(per, at, entry?.windowStart);
    const { tokens, dollars } = entry?.windowStart === windowStart ? entry : NOTHING;
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
        store.delete(key);
      }
    },
  };
}

/** Parses a stored value. Returns `undefined` if it is invalid. */
function readSpending(value: unknown): Spending | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { owner, per, windowStart, tokens, dollars } = value as Partial<Record<keyof Spending, unknown>>;
  const period = PERIODS.find((known) => known === per);
  if (typeof owner !== "object" || owner === null || period === undefined) return undefined;
  const { kind, name } = owner as Partial<Record<keyof Owner, unknown>>;
  if ((kind !== "module" && kind !== "target") || typeof name !== "string") return undefined;
  if (!isTimestamp(windowStart) || !isAmount(tokens) || !isAmount(dollars)) return undefined;
  return { owner: { kind, name }, per: period, windowStart, tokens, dollars };
}

const isAmount = (value: unknown): value is number =>
  typeof value === "number" && Number.isFinite(value) && value >= 0;

const sum = (a: Amount, b: Amount): Amount => ({
  tokens: a.tokens + b.tokens,
  dollars: roundDollars(a.dollars + b.dollars),
});

const keyOf = ({ kind, name }: Owner, per: Period): string => `${per} ${kind} ${name}`;

/**
 * A model of values that commands set, one after the other. After a kill, a value must be that of the newest command that was answered
 * as durable, or of a later one: an answer that did not arrive, or said `Durable: false`, may or may not have been stored.
 */
export interface Registers {
  /** Notes a command before it is sent. */
  sent(values: Readonly<Record<string, string>>): void;
  /** Notes that the newest command with these values was answered as durable. */
  durable(values: Readonly<Record<string, string>>): void;
  /** Describes the values that were lost. */
  lost(actual: ReadonlyMap<string, string>): readonly string[];
  /** Continues with the values that a restart has found. */
  reset(actual: ReadonlyMap<string, string>): void;
}

/** The value of what is not there. */
export const NONE = "none";

/** Creates a model in which nothing has been set. */
export function createRegisters(): Registers {
  /** The values that each may have; the first is the one that is certain to be stored. */
  let possible = new Map<string, string[]>();
  return {
    sent(values) {
      for (const [key, value] of Object.entries(values))
        possible.set(key, [...(possible.get(key) ?? [NONE]), value]);
    },
    durable(values) {
      for (const [key, value] of Object.entries(values)) possible.set(key, [value]);
    },
    lost: (actual) =>
      [...possible].flatMap(([key, values]) => {
        const got = actual.get(key) ?? NONE;
        return values.includes(got) ? [] : [`${key}: got ${got}, want ${values.join(" or ")}`];
      }),
    reset(actual) {
      possible = new Map([...actual].map(([key, value]) => [key, [value]]));
    },
  };
}

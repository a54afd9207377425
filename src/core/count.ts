/** A number of events since the start of the exporter. */
export interface Count {
  add(): void;
  value(): number;
}

/** Starts at 0. */
export function createCount(): Count {
  let value = 0;
  return {
    add() {
      value += 1;
    },
    value: () => value,
  };
}

import type { Timestamp } from "../core/units.ts";

/** Who is due when, the earliest first: a binary heap. */
export interface Deadlines<Item> {
  add(due: Timestamp, item: Item): void;
  /** The earliest, which stays. */
  peek(): { readonly due: Timestamp; readonly item: Item } | undefined;
  /** Takes the earliest out. */
  pop(): void;
}

export function createDeadlines<Item>(): Deadlines<Item> {
  type Entry = { readonly due: Timestamp; readonly item: Item };
  const heap: Entry[] = [];

  /** Moves `entry` from `at` towards the top until no one above it is later. */
  const rise = (entry: Entry, from: number): void => {
    let at = from;
    while (at > 0) {
      const up = (at - 1) >> 1;
      const above = heap[up];
      if (above === undefined || above.due <= entry.due) break;
      heap[at] = above;
      at = up;
    }
    heap[at] = entry;
  };

  /** Moves `entry` from the top downwards until no one below it is earlier. */
  const sink = (entry: Entry): void => {
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const [one, other] = [heap[left], heap[left + 1]];
      if (one === undefined) break;
      const right = other !== undefined && other.due < one.due;
      const below = right ? other : one;
      if (below.due >= entry.due) break;
      heap[at] = below;
      at = right ? left + 1 : left;
    }
    heap[at] = entry;
  };

  return {
    add: (due, item) => rise({ due, item }, heap.length),
    peek: () => heap[0],
    pop() {
      const last = heap.pop();
      if (last !== undefined && heap.length > 0) sink(last);
    },
  };
}

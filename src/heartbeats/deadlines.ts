import type { Clock } from "../core/clock.ts";
import { elapsed, seconds, type Timestamp } from "../core/units.ts";

/** Visits items when they are due: one timer, however many there are, and none of them is looked at before. */
export interface DeadlineQueue<Item> {
  /** Sees to it that `item` is visited no later than at `due`. A visit that comes too early may ask again. */
  expect(item: Item, due: Timestamp): void;
  /** Forgets that it was expected. */
  drop(item: Item): void;
  stop(): void;
}

export interface DeadlineQueueDeps<Item> {
  readonly clock: Clock;
  /** The clock that the due times are of; it never jumps. */
  readonly now: () => Timestamp;
  /** When to look for what is due then: not before it. */
  readonly lookAt: (due: Timestamp) => Timestamp;
  readonly visit: (item: Item, now: Timestamp) => void;
}

/** Whoever falls due together is visited in parts, so that probes in flight are timed well. */
const AT_ONCE = 200;

export function createDeadlineQueue<Item>({
  clock,
  now,
  lookAt,
  visit,
}: DeadlineQueueDeps<Item>): DeadlineQueue<Item> {
  const deadlines = createDeadlineHeap<Item>();
  /** What counts; other entries of the heap are leftovers. */
  const expected = new Map<Item, Timestamp>();
  let armed: { readonly due: Timestamp; readonly cancel: () => void } | undefined;

  const arm = (): void => {
    armed?.cancel();
    const next = deadlines.peek();
    armed = undefined;
    if (next === undefined) return;
    const wait = seconds(Math.max(0, elapsed(now(), lookAt(next.due))));
    armed = { due: next.due, cancel: clock.after(wait, look) };
  };

  const look = (): void => {
    const at = now();
    for (let visited = 0; visited < AT_ONCE; ) {
      const first = deadlines.peek();
      if (first === undefined || first.due > at) break;
      deadlines.pop();
      if (expected.get(first.item) !== first.due) continue;
      expected.delete(first.item);
      visit(first.item, at);
      visited += 1;
    }
    arm();
  };

  return {
    expect(item, due) {
      const known = expected.get(item);
      // A later time is noticed at the visit: pings move theirs all the time.
      if (known !== undefined && known <= due) return;
      expected.set(item, due);
      deadlines.add(due, item);
      if (armed === undefined || due < armed.due) arm();
    },
    drop: (item) => void expected.delete(item),
    stop() {
      armed?.cancel();
      armed = undefined;
    },
  };
}

/** Who is due when, the earliest first: a binary heap. */
export interface DeadlineHeap<Item> {
  add(due: Timestamp, item: Item): void;
  /** The earliest, which stays. */
  peek(): { readonly due: Timestamp; readonly item: Item } | undefined;
  /** Takes the earliest out. */
  pop(): void;
}

export function createDeadlineHeap<Item>(): DeadlineHeap<Item> {
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

import type { Clock } from "../core/clock.ts";
import { elapsed, seconds, type Timestamp } from "../core/units.ts";
import { latest } from "./time-order.ts";

/** Visits items when their deadlines expire. Uses a single timer, and looks only at items that are due. */
export interface DeadlineQueue<Item> {
  /**
   * Schedules a visit of `item` at `due`, unless an earlier one is scheduled already. A visit that comes too early may
   * schedule the next.
   */
  schedule(item: Item, due: Timestamp): void;
  /** Cancels the visit of `item`. */
  cancel(item: Item): void;
  stop(): void;
}

export interface DeadlineQueueDeps<Item> {
  readonly clock: Clock;
  /** The clock that deadlines are measured by; it never jumps. */
  readonly now: () => Timestamp;
  /** Returns when to check an item that is due at `due`; never earlier than `due`. */
  readonly checkTime: (due: Timestamp) => Timestamp;
  readonly visit: (item: Item, now: Timestamp) => void;
}

/** Items visited per tick, to keep the event loop free for probe timing. */
const VISITS_PER_TICK = 200;

/** Delay of the timer from which the event loop counts as blocked. */
const LATE = seconds(0.1);

/** Time for the event loop to handle what arrived while it was blocked. */
const YIELD = seconds(0.25);

/** Creates an empty queue. */
export function createDeadlineQueue<Item>({
  clock,
  now,
  checkTime,
  visit,
}: DeadlineQueueDeps<Item>): DeadlineQueue<Item> {
  const heap = createHeap<Item>();
  /** The deadlines in force. A heap entry that differs from its item's deadline here is outdated and skipped. */
  const deadlines = new Map<Item, Timestamp>();
  let timer: Timer | undefined;

  const arm = (): void => {
    timer?.cancel();
    timer = undefined;
    const first = heap.peek();
    if (first === undefined) return;
    const [at, checkAt] = [now(), checkTime(first.due)];
    const wait = seconds(Math.max(0, elapsed(at, checkAt)));
    timer = { due: first.due, firesAt: latest(at, checkAt), cancel: clock.after(wait, visitExpired) };
  };

  const visitExpired = (): void => {
    const at = now();
    if (timer?.firesAt !== undefined && elapsed(timer.firesAt, at) > LATE) {
      // The event loop was blocked: first let it handle what arrived meanwhile, which may postpone the deadlines.
      timer = { due: timer.due, cancel: clock.after(YIELD, visitExpired) };
      return;
    }
    for (let visits = 0; visits < VISITS_PER_TICK; ) {
      const first = heap.peek();
      if (first === undefined || first.due > at) break;
      heap.pop();
      if (deadlines.get(first.item) !== first.due) continue;
      deadlines.delete(first.item);
      visit(first.item, at);
      visits += 1;
    }
    arm();
  };

  return {
    schedule(item, due) {
      const scheduled = deadlines.get(item);
      // Each ping postpones its deadline: leaving the earlier visit in place is cheaper than a heap entry per ping.
      if (scheduled !== undefined && scheduled <= due) return;
      deadlines.set(item, due);
      heap.push({ due, item });
      if (timer === undefined || due < timer.due) arm();
    },
    cancel: (item) => void deadlines.delete(item),
    stop: () => timer?.cancel(),
  };
}

interface Timer {
  readonly due: Timestamp;
  /** Absent for a timer that has already yielded. */
  readonly firesAt?: Timestamp;
  readonly cancel: () => void;
}

interface HeapEntry<Item> {
  readonly due: Timestamp;
  readonly item: Item;
}

/** Min-heap of items by deadline. */
interface Heap<Item> {
  push(entry: HeapEntry<Item>): void;
  /** Returns the earliest entry without removing it. */
  peek(): HeapEntry<Item> | undefined;
  /** Removes the earliest entry. */
  pop(): void;
}

function createHeap<Item>(): Heap<Item> {
  const heap: HeapEntry<Item>[] = [];

  /** Moves `entry` from index `from` up until its parent is no later. */
  const siftUp = (entry: HeapEntry<Item>, from: number): void => {
    let at = from;
    for (;;) {
      const parentIndex = (at - 1) >> 1;
      const parent = heap[parentIndex];
      if (parent === undefined || parent.due <= entry.due) break;
      heap[at] = parent;
      at = parentIndex;
    }
    heap[at] = entry;
  };

  /** Moves `entry` from the root down until neither child is earlier. */
  const siftDown = (entry: HeapEntry<Item>): void => {
    let at = 0;
    for (;;) {
      const leftIndex = 2 * at + 1;
      const [left, right] = [heap[leftIndex], heap[leftIndex + 1]];
      if (left === undefined) break;
      const rightIsEarlier = right !== undefined && right.due < left.due;
      const child = rightIsEarlier ? right : left;
      if (child.due >= entry.due) break;
      heap[at] = child;
      at = rightIsEarlier ? leftIndex + 1 : leftIndex;
    }
    heap[at] = entry;
  };

  return {
    push: (entry) => siftUp(entry, heap.length),
    peek: () => heap[0],
    pop() {
      const last = heap.pop();
      if (last !== undefined && heap.length > 0) siftDown(last);
    },
  };
}

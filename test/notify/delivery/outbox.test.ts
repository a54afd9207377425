import { setImmediate as nextTurn } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Log } from "../../../src/core/log.ts";
import { createMemory } from "../../../src/core/memory.ts";
import { seconds } from "../../../src/core/units.ts";
import { createOutbox, type OutboxDeps } from "../../../src/notify/delivery/outbox.ts";
import type { AttemptResult, OutboxItem, QueuedItem } from "../../../src/notify/delivery/retry.ts";
import { manualClock } from "../../helpers/clock.ts";

const quiet = (): void => {};
const log: Log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
const POLICY = { initial: seconds(1), max: seconds(60), maxAge: seconds(3600) };
const OK: AttemptResult = { kind: "delivered" };
const FAILED: AttemptResult = { kind: "failed", detail: "got 500" };
const REFUSED: AttemptResult = { kind: "refused", detail: "got 410" };

const item = (id: string, key = id, follows?: string): OutboxItem => ({
  id,
  key,
  body: `{"id":"${id}"}`,
  contentType: "application/json",
  ...(follows === undefined ? {} : { follows }),
});

/** Creates outboxes that share a memory, as across restarts, with a receiver that replies as `answer` says. */
function setup(
  answer: (item: QueuedItem) => AttemptResult | Promise<AttemptResult>,
  more: Partial<OutboxDeps> = {},
) {
  const clock = manualClock();
  const memory = createMemory();
  const sent: string[] = [];
  const create = () =>
    createOutbox({
      clock,
      log,
      store: memory.namespace("outbox"),
      random: () => 0,
      policy: () => POLICY,
      send: async (one) => {
        sent.push(one.id);
        return answer(one);
      },
      ...more,
    });
  const pass = async (time: number): Promise<void> => {
    clock.advance(seconds(time));
    for (let i = 0; i < 5; i += 1) await nextTurn();
  };
  return { create, pass, sent, memory, clock };
}

describe("an outbox", () => {
  test("delivers each item once and does not queue a known item again", async () => {
    const { create, pass, sent, memory } = setup(() => OK);
    const outbox = create();
    expect([outbox.add(item("a")), outbox.add(item("a")), outbox.add(item("b"))]).toEqual([
      "added",
      "known",
      "added",
    ]);
    await pass(0);
    expect(sent).toEqual(["a", "b"]);
    expect([...memory.namespace("outbox").entries()]).toEqual([]);
  });

  test("is not held up by a clock that was ahead and is set back", async () => {
    const answers: AttemptResult[] = [FAILED, FAILED, OK];
    const { create, pass, sent, clock } = setup(() => answers.shift() ?? OK);
    const outbox = create();
    clock.setWall(seconds(3600));
    outbox.add(item("a"));
    await pass(0);
    clock.setWall(seconds(-3600));
    // The second attempt after the 1 s that the first one was told to wait, the third one after 2 s more.
    await pass(1);
    expect(sent).toEqual(["a", "a"]);
    await pass(2);
    expect(sent).toEqual(["a", "a", "a"]);
  });

  test("waits as long as the receiver's Retry-After asks for", async () => {
    const answers: AttemptResult[] = [{ ...FAILED, kind: "failed", retryAfter: seconds(30) }, OK];
    const { create, pass, sent } = setup(() => answers.shift() ?? OK);
    create().add(item("a"));
    await pass(0);
    await pass(29);
    expect(sent).toEqual(["a"]);
    await pass(2);
    expect(sent).toEqual(["a", "a"]);
  });

  test("continues after a restart where it stopped", async () => {
    let answer: AttemptResult = FAILED;
    const { create, pass, sent } = setup(() => answer);
    const first = create();
    first.add(item("offline", "m"));
    first.add(item("online", "m", "offline"));
    await pass(0);
    await first.stop();
    answer = OK;
    const second = create();
    expect(second.queued()).toMatchObject([{ id: "offline", attempts: 1 }, { id: "online" }]);
    await pass(1);
    expect(sent).toEqual(["offline", "offline", "online"]);
  });

  test("makes a refused item and its followers dead letters, and replays them in order", async () => {
    let answer: AttemptResult = REFUSED;
    const { create, pass, sent } = setup(() => answer);
    const outbox = create();
    outbox.add(item("offline", "m"));
    outbox.add(item("online", "m", "offline"));
    outbox.add(item("other", "m"));
    await pass(0);
    expect(outbox.add(item("later", "m", "online"))).toBe("added");
    expect(outbox.dead()).toMatchObject([
      { id: "offline", lastError: "got 410" },
      { id: "online", lastError: "the event before it was not delivered" },
      { id: "other", lastError: "got 410" },
      { id: "later", attempts: 0 },
    ]);
    expect(sent).toEqual(["offline", "other"]);
    answer = OK;
    expect(outbox.replay()).toBe(4);
    await pass(0);
    expect(sent.slice(2)).toEqual(["offline", "online", "other", "later"]);
    expect(outbox.dead()).toEqual([]);
  });

  test("reports when it is full, by items or by bytes", () => {
    const limits = { items: 2, bytes: 1000, dead: 1, concurrency: 1 };
    const { create } = setup(() => new Promise(() => {}), { limits });
    const outbox = create();
    const big = { ...item("big"), body: "x".repeat(1001) };
    expect([outbox.add(big), outbox.add(item("a")), outbox.add(item("b")), outbox.add(item("c"))]).toEqual([
      "full",
      "added",
      "added",
      "full",
    ]);
  });

  test("keeps the newest dead letters up to the limit", async () => {
    const { create, pass } = setup(() => REFUSED, {
      limits: { items: 9, bytes: 1000, dead: 2, concurrency: 1 },
    });
    const outbox = create();
    for (const id of ["a", "b", "c"]) outbox.add(item(id));
    await pass(0);
    expect(outbox.dead().map(({ id }) => id)).toEqual(["b", "c"]);
  });

  test("deletes stored items that it cannot read", async () => {
    const { create, pass, sent, memory } = setup(() => OK);
    const outbox = create();
    memory.namespace("outbox").put("queue/x", { id: "x" });
    memory.namespace("outbox").put("queue/y", "text");
    await outbox.stop();
    const second = create();
    second.add(item("a"));
    await pass(0);
    expect(sent).toEqual(["a"]);
    expect([...memory.namespace("outbox").entries()]).toEqual([]);
  });

  test("delivers everything in order whatever receivers and restarts do", async () => {
    const anOutcome = fc.constantFrom("ok", "fail", "lost", "wait", "hang") as fc.Arbitrary<string>;
    const steps = fc.array(fc.constantFrom("restart", "second", "minute"), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(fc.array(anOutcome, { maxLength: 40 }), steps, async (outcomes, course) => {
        const received: string[] = [];
        const answer = async (one: QueuedItem): Promise<AttemptResult> => {
          const outcome = outcomes.shift() ?? "ok";
          // With "lost" the receiver has it, but its reply never arrives.
          if (outcome === "ok" || outcome === "lost") received.push(one.id);
          if (outcome === "ok") return OK;
          if (outcome === "wait") return { kind: "failed", detail: "429", retryAfter: seconds(5) };
          return FAILED;
        };
        const { create, pass } = setup(answer, { policy: () => ({ ...POLICY, maxAge: seconds(1e9) }) });
        let outbox = create();
        for (const key of ["a", "b", "c"]) {
          outbox.add(item(`${key}1`, key));
          outbox.add(item(`${key}2`, key, `${key}1`));
          outbox.add(item(`${key}3`, key));
        }
        for (const step of course) {
          if (step === "restart") {
            await outbox.stop();
            outbox = create();
          }
          await pass(step === "second" ? 1 : 60);
        }
        outcomes.length = 0;
        for (let i = 0; i < 20 && outbox.queued().length > 0; i += 1) await pass(60);
        expect(outbox.queued()).toEqual([]);
        expect(outbox.dead()).toEqual([]);
        for (const key of ["a", "b", "c"]) {
          const first = [...new Set(received.filter((id) => id.startsWith(key)))];
          expect(first).toEqual([`${key}1`, `${key}2`, `${key}3`]);
        }
      }),
      { numRuns: 60 },
    );
  });
});

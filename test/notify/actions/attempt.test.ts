import { describe, expect, test } from "vitest";
import type { Action } from "../../../src/core/action.ts";
import { createMemory } from "../../../src/core/memory.ts";
import { Secret } from "../../../src/core/secret.ts";
import { seconds } from "../../../src/core/units.ts";
import { attempt, type ObservedHealth } from "../../../src/notify/actions/attempt.ts";
import { createAttemptStore } from "../../../src/notify/actions/attempts.ts";
import { createAudit } from "../../../src/notify/actions/audit.ts";
import { manualClock } from "../../helpers/clock.ts";
import { serveHttp } from "../../helpers/http-targets.ts";

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** A pending attempt, whose request is counted, and hooks at which the exporter may end. */
async function setUp(hooks: { observe?: () => void; flush?: () => void } = {}) {
  const counts = { requests: 0 };
  const server = await serveHttp((_request, response) => {
    counts.requests += 1;
    response.end();
  });
  const clock = manualClock();
  const plain = createMemory();
  const memory = {
    ...plain,
    flush: async () => hooks.flush?.(),
  };
  const attempts = createAttemptStore(plain.namespace("actions"), silent);
  const pending = { since: clock.now(), labels: {} };
  attempts.put("repair", "web", { count: 0, firingAt: clock.now(), exhausted: false, pending });
  const action: Action = {
    name: "repair",
    auth: { kind: "bearer", token: new Secret(async () => "token") },
    match: [],
    targetLabel: "target",
    work: {
      kind: "http",
      method: "POST",
      url: `http://${server.host}/`,
      headers: new Map(),
      tls: { insecureSkipVerify: false },
    },
    patterns: new Map(),
    maxAttempts: 3,
    cooldown: seconds(60),
    resetAfter: seconds(3600),
    settle: seconds(30),
    timeout: seconds(5),
    verify: "auto",
    dryRun: false,
  };
  const ending = new AbortController();
  const logged: string[] = [];
  const add = (_fields: object, message: string) => void logged.push(message);
  const counted: string[] = [];
  const refused: string[] = [];
  const run = () =>
    attempt(action, "web", {
      clock,
      log: { debug: add, info: add, warn: add, error: add },
      memory,
      attempts,
      audit: createAudit(plain.namespace("audit")),
      observeHealth: async (): Promise<ObservedHealth> => {
        hooks.observe?.();
        return "unhealthy";
      },
      inMaintenance: () => false,
      admit: () => true,
      refuse: (reason) => void refused.push(reason),
      count: (result) => void counted.push(result),
      signal: ending.signal,
    });
  return {
    clock,
    counts,
    counted,
    refused,
    logged,
    ending,
    run,
    state: () => attempts.get("repair", "web"),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

describe("an attempt while the exporter ends", () => {
  test("stays pending if its target was being checked", async () => {
    await using world = await setUp({ observe: () => world.ending.abort() });
    expect(await world.run()).toBeUndefined();
    expect(world.state()).toMatchObject({ count: 0, pending: { labels: {} } });
    expect([world.counts.requests, world.counted, world.refused]).toEqual([0, [], []]);
  });

  test("is not made if it was being stored, and counts as begun", async () => {
    await using world = await setUp({ flush: () => world.ending.abort() });
    expect(await world.run()).toBeUndefined();
    expect(world.state()).toMatchObject({ count: 1, running: { since: world.clock.now() } });
    expect([world.counts.requests, world.logged]).toEqual([0, []]);
  });

  test("is not judged if it was waiting for the effect", async () => {
    await using world = await setUp();
    const followUp = await world.run();
    expect(world.counts.requests).toBe(1);
    const judged = followUp?.();
    expect(world.clock.timers()).toBe(1);
    world.ending.abort();
    await judged;
    expect(world.clock.timers()).toBe(0);
    expect(world.state()).toMatchObject({ count: 1, running: {} });
  });
});

test("an attempt that cannot be stored is not made", async () => {
  await using world = await setUp({
    flush: () => {
      throw new Error("the disk is full");
    },
  });
  expect(await world.run()).toBeUndefined();
  expect([world.counts.requests, world.counted]).toEqual([0, ["failure"]]);
  expect(world.state()).not.toHaveProperty("running");
});

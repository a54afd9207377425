import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Alert } from "../../../src/core/alert.ts";
import { createMemory, type StateStore } from "../../../src/core/memory.ts";
import { SUBJECT_LABELS } from "../../../src/core/relay.ts";
import { seconds, timestamp } from "../../../src/core/units.ts";
import { createAlertStore } from "../../../src/notify/relays/alert-store.ts";
import { commit, type Review, review, reviewDoubts } from "../../../src/notify/relays/ledger.ts";
import { type SubjectRule, subjectOf } from "../../../src/notify/relays/subject.ts";
import { alertOf, eventWithId } from "./alerts.ts";

const PER_SUBJECT: SubjectRule = { eventsPer: "subject", subjectLabels: SUBJECT_LABELS, scopeLabels: [] };

/** Plays mentions at chosen times, and records what the receiver is told. */
function stage(rule: SubjectRule = PER_SUBJECT, memory = createMemory().namespace("ledger")) {
  let at = 1000;
  let store = createAlertStore(memory, () => timestamp(at));
  const told: { readonly machine: string; readonly status: string; readonly id: string }[] = [];
  const names = new Map<string, string>();
  const settle = (reviewed: Review): void => {
    const { change, subject } = reviewed;
    if (change !== undefined)
      told.push({ machine: names.get(subject) ?? "", status: change.status, id: change.event.id });
    commit(store, reviewed);
  };
  const stepTo = (time: number): void => {
    at = time;
    for (const { subject, decideAt } of store.doubts())
      if (decideAt <= at) settle(reviewDoubts(store, subject, timestamp(at)));
  };
  return {
    told,
    memory,
    words: () => told.map(({ machine, status }) => `${machine} ${status}`.trim()),
    /** Lets time pass, and decides on doubtful alerts when it is time. */
    stepTo,
    restart() {
      store = createAlertStore(memory, () => timestamp(at));
    },
    /** Delivers a notification. */
    mention(time: number, ...alerts: readonly Alert[]) {
      stepTo(time);
      const groups = Map.groupBy(alerts, (alert) => subjectOf(rule, alert).key);
      for (const [subject, own] of groups) {
        const [first] = own;
        if (first !== undefined) names.set(subject, subjectOf(rule, first).name);
        settle(
          review(store, {
            relay: "r",
            subject,
            alerts: own,
            now: timestamp(at),
            staleWindow: seconds(30),
            prepare: eventWithId,
          }),
        );
      }
    },
  };
}

type Kind = Pick<Alert, "fingerprint" | "labels">;

/** An alert of one kind, by one exporter, about one machine. */
const about = (alertname: string, heartbeat = "web-1", instance = "a:8091"): Kind => ({
  fingerprint: Buffer.from(`${alertname}${heartbeat}${instance}`).toString("hex").slice(0, 64),
  labels: { alertname, heartbeat, instance },
});
const fires = (start: number, kind: Kind): Alert => alertOf("firing", start, undefined, kind);
const ends = (start: number, end: number, kind: Kind): Alert => alertOf("resolved", start, end, kind);

describe("a machine", () => {
  const missed = about("HeartbeatMissed");
  const failed = about("HeartbeatFailed");
  const rows: readonly {
    name: string;
    play: (one: ReturnType<typeof stage>) => void;
    words: readonly string[];
  }[] = [
    {
      name: "that fails, pings and falls silent is offline until it pings, although the first alert ends earlier",
      play(one) {
        one.mention(1000, fires(1000, failed));
        one.mention(1120, fires(1120, missed));
        one.mention(1300, ends(1000, 1300, failed));
        one.mention(1400, ends(1120, 1400, missed));
      },
      words: ["web-1 offline", "web-1 online"],
    },
    {
      name: "that is silent and then fails is offline once, whatever takes over within one notification",
      play(one) {
        one.mention(1000, fires(1000, missed));
        one.mention(1200, ends(1000, 1200, missed), fires(1200, failed));
        one.mention(1300, fires(1200, failed));
        one.mention(1400, ends(1200, 1400, failed));
      },
      words: ["web-1 offline", "web-1 online"],
    },
    {
      name: "that two exporters watch is offline until both see it",
      play(one) {
        const other = about("HeartbeatMissed", "web-1", "b:8091");
        one.mention(1000, fires(1000, missed));
        one.mention(1001, fires(1001, other));
        one.mention(1100, ends(1000, 1100, missed));
        one.mention(1200, ends(1001, 1200, other));
      },
      words: ["web-1 offline", "web-1 online"],
    },
    {
      name: "whose alert goes on after a gap between Prometheus and Alertmanager is offline again",
      play(one) {
        one.mention(1000, fires(900, missed));
        one.mention(1300, ends(900, 1290, missed));
        one.mention(1600, fires(900, missed));
        one.mention(1900, ends(900, 1890, missed));
        one.mention(2300, fires(900, missed));
      },
      words: ["web-1 offline", "web-1 online", "web-1 offline", "web-1 online", "web-1 offline"],
    },
    {
      name: "whose alert goes on after a short gap is offline again as soon as no old notification can be the reason",
      play(one) {
        one.mention(1000, fires(900, missed));
        one.mention(1300, ends(900, 1290, missed));
        one.mention(1310, fires(900, missed));
        one.restart();
        one.stepTo(1339);
        one.told.push({ machine: "(1339)", status: "", id: "" });
        one.stepTo(1340);
      },
      words: ["web-1 offline", "web-1 online", "(1339)", "web-1 offline"],
    },
    {
      name: "is not offline again because of an old notification of another Alertmanager",
      play(one) {
        one.mention(1000, fires(900, missed));
        one.mention(1300, ends(900, 1290, missed));
        one.mention(1315, fires(900, missed));
        one.mention(1330, ends(900, 1290, missed));
        one.stepTo(5000);
      },
      words: ["web-1 offline", "web-1 online"],
    },
    {
      name: "comes back, and can go offline again, after an old notification was believed",
      play(one) {
        one.mention(1000, fires(900, missed));
        one.mention(1300, ends(900, 1290, missed));
        one.mention(1315, fires(900, missed));
        one.stepTo(1400);
        one.mention(1600, ends(900, 1290, missed));
        one.mention(1700, fires(900, missed));
      },
      words: ["web-1 offline", "web-1 online", "web-1 offline", "web-1 online", "web-1 offline"],
    },
    {
      name: "stays offline while it is doubtful whether another alert about it fires",
      play(one) {
        one.mention(1000, fires(900, missed), fires(950, failed));
        one.mention(1300, ends(900, 1290, missed));
        one.mention(1310, fires(900, missed));
        one.mention(1320, ends(950, 1315, failed));
        one.stepTo(1400);
        one.mention(1500, ends(900, 1495, missed));
      },
      words: ["web-1 offline", "web-1 online"],
    },
    {
      name: "is told apart from another one",
      play(one) {
        one.mention(1000, fires(1000, missed), fires(1000, about("HeartbeatMissed", "db-1")));
        one.mention(1100, ends(1000, 1100, missed));
      },
      words: ["web-1 offline", "db-1 offline", "web-1 online"],
    },
  ];

  test.each(rows)("$name", ({ play, words }) => {
    const one = stage();
    play(one);
    expect(one.words()).toEqual(words);
    const ids = one.told.map(({ id }) => id).filter((id) => id !== "");
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("is found by the first of the labels, within its scope", () => {
    const rule = { ...PER_SUBJECT, subjectLabels: ["host", "heartbeat"], scopeLabels: ["cluster"] };
    const of = (labels: Readonly<Record<string, string>>, by: SubjectRule = rule) =>
      subjectOf(by, alertOf("firing", 1, 2, { labels }));
    expect(of({ host: "h", heartbeat: "b" })).toMatchObject({ name: "h" });
    expect(of({ host: "", heartbeat: "b" })).toMatchObject({ name: "b" });
    expect(of({ alertname: "A" })).toMatchObject({ name: "A" });
    expect(of({ host: "h", cluster: "eu" }).key).not.toBe(of({ host: "h", cluster: "us" }).key);
    expect(of({ host: "h", job: "a" }).key).toBe(of({ host: "h", job: "b" }).key);
    for (const label of SUBJECT_LABELS) expect(of({ [label]: "x" }, PER_SUBJECT).name).toBe("x");
    expect(
      subjectOf({ ...rule, eventsPer: "alert" }, alertOf("firing", 1, 2, { labels: { host: "h" } })),
    ).toEqual({
      key: "ab",
      name: "h",
    });
  });
});

describe("what is stored", () => {
  const missed = about("HeartbeatMissed");
  const contents = (store: StateStore) => Array.from(store.entries(), ([key]) => key);

  test("by version 0.1 is continued when Alertmanager mentions the alert", () => {
    const memory = createMemory().namespace("ledger");
    const open = { startsAt: 500, seenAt: 600, firing: "evt_old" };
    memory.put(missed.fingerprint, open);
    memory.put("0b", { ...open, resolved: "evt_end" });
    memory.put("0c", { firing: 5 });
    memory.put("alert/0d", { subject: "x", state: { phase: "doubtful", startsAt: 1, seenAt: 1 } });
    memory.put("subject/gone", { status: "offline", offlineId: "x" });
    const one = stage(PER_SUBJECT, memory);
    expect(contents(memory).toSorted()).toEqual(["0b", missed.fingerprint].toSorted());
    one.mention(1100, fires(500, missed));
    one.mention(1200, ends(500, 1200, missed));
    one.restart();
    one.mention(1300, fires(1300, missed));
    const other = { fingerprint: "0b", labels: { heartbeat: "db-1" } };
    one.mention(1400, ends(500, 600, other));
    one.mention(1500, fires(1500, other));
    expect(one.words()).toEqual(["web-1 online", "web-1 offline", "db-1 offline"]);
    expect(contents(memory)).not.toContain("0b");
  });

  test("by version 0.1 keeps its place in the queue, so that later events do not overtake earlier ones", () => {
    const memory = createMemory().namespace("ledger");
    memory.put(missed.fingerprint, { startsAt: 500, seenAt: 600, firing: "evt_old" });
    const one = stage(PER_SUBJECT, memory);
    one.mention(1200, ends(500, 1200, missed));
    one.restart();
    one.mention(1300, fires(1300, missed));
    const { key } = subjectOf(PER_SUBJECT, fires(1300, missed));
    expect(memory.get(`subject/${key}`)).toMatchObject({ status: "offline", lane: missed.fingerprint });
  });

  test("follows an alert whose subject is found by other labels after a reload", () => {
    const one = stage();
    one.mention(1000, fires(1000, missed));
    const renamed = stage({ ...PER_SUBJECT, subjectLabels: ["instance"] }, one.memory);
    renamed.mention(1100, fires(1000, missed));
    renamed.mention(1200, ends(1000, 1200, missed));
    expect(renamed.words()).toEqual(["a:8091 online"]);
    expect(contents(one.memory)).toHaveLength(2);
  });

  test("is deleted a month after the end of an alert, and more than a year after its last mention", () => {
    const one = stage();
    const failed = about("HeartbeatFailed", "db-1");
    one.mention(1000, fires(900, missed), fires(900, failed));
    one.mention(1100, ends(900, 1100, failed));
    const day = 86_400;
    one.stepTo(1100 + 31 * day);
    one.restart();
    expect(contents(one.memory)).toHaveLength(2);
    one.stepTo(1100 + 366 * day);
    one.restart();
    one.mention(1100 + 366 * day, ends(900, 1100 + 366 * day, missed));
    expect(one.words()).toEqual(["web-1 offline", "db-1 offline", "db-1 online", "web-1 online"]);
    one.stepTo(1100 + 800 * day);
    one.restart();
    expect(contents(one.memory)).toEqual([]);
  });
});

describe("in any sequence of alerts about several machines", () => {
  const KINDS = ["web-1", "db-1", "queue-1"].flatMap((machine) =>
    ["HeartbeatMissed", "HeartbeatFailed"].flatMap((alertname) =>
      ["a", "b"].map((instance) => ({ machine, kind: about(alertname, machine, instance) })),
    ),
  );
  /** One change in the world, some seconds after the one before it, and what becomes of its notifications. */
  const step = fc.record({
    after: fc.integer({ min: 1, max: 90 }),
    alert: fc.nat({ max: KINDS.length - 1 }),
    /** A resolved alert may begin again, or go on as if Prometheus had only been out of reach. */
    goesOn: fc.boolean(),
    lost: fc.boolean(),
    copies: fc.integer({ min: 1, max: 3 }),
    /** Seconds between copies. A copy that comes after the next notification is not corrected by another one. */
    spread: fc.constantFrom(0, 0, 0, 1, 20),
    restart: fc.boolean(),
  });
  const world = fc.record({
    steps: fc.array(step, { maxLength: 40 }),
    /** How much later a second Alertmanager sends everything; without a second one nothing is late. */
    lag: fc.option(fc.integer({ min: 0, max: 14 }), { nil: undefined }),
  });

  type World = typeof world extends fc.Arbitrary<infer Value> ? Value : never;

  interface Delivery {
    readonly at: number;
    readonly alert: Alert;
    readonly restart: boolean;
  }

  /** Turns steps into the deliveries that a relay gets, and the changes of each machine. */
  function unfold({ steps, lag }: World) {
    const open = new Map<number, number>();
    const closed = new Map<number, readonly [start: number, end: number]>();
    const deliveries: Delivery[] = [];
    const changes = new Map<string, string[]>(KINDS.map(({ machine }) => [machine, []]));
    const isDown = (machine: string): boolean =>
      [...open.keys()].some((key) => KINDS[key]?.machine === machine);
    let at = 1000;
    for (const { after, alert: key, goesOn, lost, copies, spread, restart } of steps) {
      at += after;
      const { machine, kind } = KINDS[key] ?? { machine: "", kind: about("") };
      const before = isDown(machine);
      const start = open.get(key);
      let alert: Alert;
      if (start === undefined) {
        const previous = closed.get(key);
        const begin = goesOn && previous !== undefined ? previous[0] : at;
        open.set(key, begin);
        alert = fires(begin, kind);
      } else {
        open.delete(key);
        closed.set(key, [start, at]);
        alert = ends(start, at, kind);
      }
      if (isDown(machine) !== before) changes.get(machine)?.push(before ? "online" : "offline");
      const times = lost ? [] : Array.from({ length: copies }, (_, i) => at + i * spread);
      if (lag !== undefined) times.push(at + lag);
      deliveries.push(...times.map((time) => ({ at: time, alert, restart })));
    }
    deliveries.sort((a, b) => a.at - b.at);
    // In the end each notification gets through.
    const late = at + 100;
    for (const [key, { kind }] of KINDS.entries()) {
      const start = open.get(key);
      const end = closed.get(key);
      if (start !== undefined) deliveries.push({ at: late, alert: fires(start, kind), restart: false });
      else if (end !== undefined) deliveries.push({ at: late, alert: ends(...end, kind), restart: false });
    }
    return { deliveries, changes, end: late + 100, isDown };
  }

  const play = (deliveries: readonly Delivery[], end: number) => {
    const one = stage();
    for (const { at, alert, restart } of deliveries) {
      one.mention(at, alert);
      if (restart) one.restart();
    }
    one.stepTo(end);
    return one;
  };
  const wordsAbout = (one: ReturnType<typeof stage>, machine: string): readonly string[] =>
    one.told.filter((event) => event.machine === machine).map(({ status }) => status);

  test("the last word about a machine is what holds, and no change is told twice", () => {
    const property = fc.property(world, (chosen) => {
      const { deliveries, changes, end, isDown } = unfold(chosen);
      const one = play(deliveries, end);
      expect(new Set(one.told.map(({ id }) => id)).size).toBe(one.told.length);
      for (const [machine, all] of changes) {
        const words = wordsAbout(one, machine);
        expect(words).toEqual(words.map((_, i) => (i % 2 === 0 ? "offline" : "online")));
        expect(words.at(-1) ?? "online").toBe(isDown(machine) ? "offline" : "online");
        // A lost notification can hide that one alert has taken over from another, and a late copy be believed.
        if (chosen.steps.every(({ lost, spread }) => !lost && spread === 0))
          expect(words.length).toBeLessThanOrEqual(all.length);
      }
    });
    fc.assert(property, { numRuns: 500 });
  });

  test("each change is told once if every notification arrives and nothing goes on after its end", () => {
    const property = fc.property(world, ({ steps, lag }) => {
      const kept = steps.map((one) => ({ ...one, lost: false, goesOn: false, spread: 0 as const }));
      const { deliveries, changes, end } = unfold({ steps: kept, lag });
      const one = play(deliveries, end);
      for (const [machine, all] of changes) expect(wordsAbout(one, machine)).toEqual(all);
    });
    fc.assert(property, { numRuns: 500 });
  });
});

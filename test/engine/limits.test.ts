import { getEventListeners } from "node:events";
import { memoryUsage } from "node:process";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createGate, type Gate, type Limits } from "../../src/engine/limits.ts";
import { settle } from "../helpers/stand-in-prober.ts";

const at = (host: string) => ({ host, share: host });

function controllerOf() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: (reason: string) => controller.abort(reason) };
}

/** Bytes on the heap after a collection of garbage. */
function memoryInUse(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  return memoryUsage().heapUsed;
}

/** Requests `count` slots for each host, in turns, and returns what each host holds. */
function demand(gate: Gate, hosts: readonly string[], count: number) {
  const held = new Map<string, (() => void)[]>(hosts.map((host) => [host, []]));
  const controller = new AbortController();
  for (let i = 0; i < count; i += 1) {
    for (const host of hosts) {
      const leave = gate.tryEnter(at(host));
      if (leave === undefined)
        gate.enter(at(host), controller.signal).then(
          (later) => held.get(host)?.push(later),
          () => {},
        );
      else held.get(host)?.push(leave);
    }
  }
  return { held, sizes: () => hosts.map((host) => held.get(host)?.length) };
}

describe("fair shares", () => {
  it.each([
    { what: "one host gets half", max: 500, hosts: ["a"], shares: [250] },
    { what: "a host below half gets all it wants", max: 2000, hosts: ["a"], shares: [600] },
    { what: "two hosts get a third each", max: 300, hosts: ["a", "b"], shares: [100, 100] },
    {
      what: "four hosts get a fifth each",
      max: 500,
      hosts: ["a", "b", "c", "d"],
      shares: [100, 100, 100, 100],
    },
    { what: "the only slot can be taken", max: 1, hosts: ["a"], shares: [1] },
    { what: "two slots are for two hosts", max: 2, hosts: ["a", "b"], shares: [1, 1] },
  ])("$what", ({ max, hosts, shares }) => {
    const gate = createGate({ maxConcurrentProbes: max });
    const { sizes } = demand(gate, hosts, 600);
    expect(sizes()).toEqual(shares);
    if (max > 2) expect(gate.tryEnter(at("another"))).toBeDefined();
  });

  it("shrink a host that came first when another one comes", async () => {
    const gate = createGate({ maxConcurrentProbes: 300 });
    const first = demand(gate, ["a"], 1000);
    expect(first.sizes()).toEqual([150]);
    const second = demand(gate, ["b"], 1000);
    expect(second.sizes()).toEqual([75]);
    for (let round = 0; round < 10; round += 1) {
      for (const { held } of [first, second])
        for (const leaves of held.values()) for (const leave of leaves.splice(0, 10)) leave();
      await settle();
    }
    const [a = 0, b = 0] = [...first.sizes(), ...second.sizes()];
    expect(Math.abs(a - b)).toBeLessThanOrEqual(20);
    expect(a + b).toBeLessThanOrEqual(201);
  });

  it("are those of modules whose probes hang as one, whatever their hosts", () => {
    const gate = createGate({ maxConcurrentProbes: 100 });
    for (let i = 0; i < 100; i += 1) gate.tryEnter({ host: `h${i}`, share: "module broken" });
    expect(gate.counts().inside).toBe(50);
    expect(gate.tryEnter(at("h1"))).toBeDefined();
  });

  it("give way to a limit per host, which counts hosts", () => {
    const gate = createGate({ maxConcurrentProbes: 100, maxConcurrentProbesPerHost: 60 });
    const enter = (host: string, share: string): boolean => gate.tryEnter({ host, share }) !== undefined;
    for (let i = 0; i < 60; i += 1) expect(enter("a", `module ${i % 2}`)).toBe(true);
    expect(enter("a", "module 2")).toBe(false);
    for (let i = 0; i < 40; i += 1) expect(enter(`host-${i}`, "module 3")).toBe(true);
    expect(enter("b", "module 4")).toBe(false);
  });
});

/** A gate of one slot, which is taken, and the hosts that have got it since, in order. */
function fullGate() {
  const gate = createGate({ maxConcurrentProbes: 1 });
  let leave = gate.tryEnter(at("x"));
  const order: string[] = [];
  return {
    gate,
    order,
    waitFor: async (host: string): Promise<void> => {
      leave = await gate.enter(at(host), new AbortController().signal);
      order.push(host);
    },
    /** Gives the slot back, to the next that waits. */
    leave: () => leave?.(),
  };
}

it("gives hosts that wait a slot in turns", async () => {
  const { gate, order, waitFor, leave } = fullGate();
  for (const host of ["a", "a", "a", "b"]) void waitFor(host);
  for (let i = 0; i < 4; i += 1) {
    leave();
    await settle();
  }
  expect(order).toEqual(["a", "b", "a", "a"]);
  leave();
  expect(gate.counts()).toEqual({ inside: 0, waiting: 0 });
});

it("gives a host that has waited before its turn behind hosts that have waited longer", async () => {
  const { order, waitFor, leave } = fullGate();
  void waitFor("a");
  leave();
  await settle();
  for (const host of ["b", "a"]) void waitFor(host);
  for (let i = 0; i < 2; i += 1) {
    leave();
    await settle();
  }
  expect(order).toEqual(["a", "b", "a"]);
});

it("lets a probe that asks to wait go on at once while a slot is free", async () => {
  const gate = createGate({ maxConcurrentProbes: 1 });
  const leave = await gate.enter(at("a"), new AbortController().signal);
  expect(gate.counts()).toEqual({ inside: 1, waiting: 0 });
  leave();
  expect(gate.counts()).toEqual({ inside: 0, waiting: 0 });
});

it("lets a probe stop waiting with the reason of its signal, on which it leaves no listener", async () => {
  const gate = createGate({ maxConcurrentProbes: 1 });
  gate.tryEnter(at("a"));
  const { signal, abort } = controllerOf();
  const refused = gate.enter(at("b"), signal).catch((error: unknown) => error);
  abort("enough");
  expect(await refused).toBe("enough");
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

it.each([
  {
    what: "have left",
    use: (gate: Gate, host: string) => gate.tryEnter(at(host))?.(),
  },
  {
    what: "found no slot",
    use: (gate: Gate, host: string) => {
      const leave = gate.tryEnter(at("x"));
      gate.tryEnter(at(host));
      leave?.();
    },
  },
  {
    what: "have stopped waiting",
    use: (gate: Gate, host: string) => {
      const leave = gate.tryEnter(at("x"));
      const { signal, abort } = controllerOf();
      gate.enter(at(host), signal).catch(() => {});
      abort("enough");
      leave?.();
    },
  },
])("keeps nothing of hosts whose probes $what", ({ use }) => {
  const gate = createGate({ maxConcurrentProbes: 1 });
  const before = memoryInUse();
  for (let i = 0; i < 400; i += 1) use(gate, Buffer.alloc(100_000, `${i} `).toString("latin1"));
  expect(memoryInUse() - before).toBeLessThan(20e6);
  expect(gate.counts()).toEqual({ inside: 0, waiting: 0 });
});

type Step =
  | { readonly kind: "enter"; readonly host: string }
  | { readonly kind: "leave" | "abort"; readonly which: number }
  | { readonly kind: "limits"; readonly limits: Limits };

const hosts = fc.constantFrom("a", "b", "c");
const limitsOf = (perHost: fc.Arbitrary<number | undefined>): fc.Arbitrary<Limits> =>
  fc.record({ maxConcurrentProbes: fc.integer({ min: 1, max: 9 }), maxConcurrentProbesPerHost: perHost });
const stepsOf = (limits: fc.Arbitrary<Limits>): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.oneof(
      { weight: 6, arbitrary: fc.record({ kind: fc.constant("enter" as const), host: hosts }) },
      {
        weight: 4,
        arbitrary: fc.record({ kind: fc.constantFrom("leave" as const, "abort" as const), which: fc.nat() }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("limits" as const), limits }) },
    ),
    { maxLength: 60 },
  );

it.each([
  { what: "fair shares", limits: limitsOf(fc.constant(undefined)) },
  { what: "a limit per host", limits: limitsOf(fc.integer({ min: 1, max: 4 })) },
])("with $what, no probe waits that may run, and none runs that may not", async ({ limits }) => {
  await fc.assert(
    fc.asyncProperty(limits, stepsOf(limits), async (initial, steps) => {
      let current = initial;
      const gate = createGate(current);
      const running: { host: string; leave: () => void }[] = [];
      const waiting: { host: string; id: number; controller: AbortController }[] = [];
      const count = (host: string): number => running.filter((one) => one.host === host).length;
      const free = (): number => current.maxConcurrentProbes - running.length;
      const mayRun = (host: string): boolean =>
        free() > 0 && count(host) < (current.maxConcurrentProbesPerHost ?? free());
      const start = (host: string, leave: () => void): void => {
        expect(mayRun(host)).toBe(true);
        running.push({ host, leave });
      };
      let id = 0;
      const waitFor = async (one: (typeof waiting)[number]): Promise<void> => {
        const leave = await gate.enter(at(one.host), one.controller.signal).catch(() => undefined);
        // Of one host, the first come is the first served.
        const first = waiting.find(({ host }) => host === one.host);
        waiting.splice(waiting.indexOf(one), 1);
        if (leave === undefined) return;
        // A probe that has its slot keeps it until it leaves.
        one.controller.abort();
        expect(first?.id).toBe(one.id);
        start(one.host, leave);
      };
      const apply = (step: Step): void => {
        if (step.kind === "limits") {
          current = step.limits;
          gate.setLimits(current);
        } else if (step.kind === "enter") {
          const leave = gate.tryEnter(at(step.host));
          if (leave !== undefined) return start(step.host, leave);
          const one = { host: step.host, id: (id += 1), controller: new AbortController() };
          waiting.push(one);
          void waitFor(one);
        } else if (step.kind === "leave" && running.length > 0) {
          const [one] = running.splice(step.which % running.length, 1);
          one?.leave();
          one?.leave();
        } else if (step.kind === "abort" && waiting.length > 0) {
          waiting[step.which % waiting.length]?.controller.abort();
        }
      };
      const check = async (): Promise<void> => {
        await settle();
        expect(gate.counts()).toEqual({ inside: running.length, waiting: waiting.length });
        expect(waiting.filter(({ host }) => mayRun(host))).toEqual([]);
      };
      for (const step of steps) {
        apply(step);
        await check();
      }
      while (running.length > 0) {
        apply({ kind: "leave", which: 0 });
        await check();
      }
      expect(gate.counts()).toEqual({ inside: 0, waiting: 0 });
    }),
  );
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createWorld, type Step } from "./world.ts";

/** Two chains and a member of both. */
const NEEDS = {
  isp: [],
  gateway: ["isp"],
  nas: [],
  shop: ["gateway"],
  till: ["gateway", "nas"],
  backup: ["nas"],
} as const;
const NAMES = Object.keys(NEEDS);
const MEMBERS = ["shop", "till", "backup"];

const anyName = fc.constantFrom(...NAMES);
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom("break", "repair"), name: anyName }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("lose", "find"), name: anyName }) },
  { weight: 1, arbitrary: fc.constant({ kind: "restart" } as const) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("reload"),
      name: fc.constantFrom(...MEMBERS),
      needs: fc.subarray(["isp", "gateway", "nas"]),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("wait"), rounds: fc.nat({ max: 12 }) }) },
);
const anyHistory = fc.record({
  steps: fc.array(anyStep, { maxLength: 25 }),
  order: fc.shuffledSubarray(NAMES, { minLength: NAMES.length }),
  stayBroken: fc.subarray(MEMBERS),
});

/** More rounds than anything waits for. */
const LONG = 30;

describe("the notices of services that depend on each other", () => {
  it("are true when they are told, come once what they waited for is over, and end with the truth", () => {
    fc.assert(
      fc.property(anyHistory, ({ steps, order, stayBroken }) => {
        const world = createWorld(NEEDS);
        const wait = (rounds: number): void => {
          for (let i = 0; i < rounds; i += 1) {
            world.round(order);
            for (const { name, status } of world.services.values()) {
              // What waits for nothing has been told as it is.
              if (world.blocker(name) === undefined)
                expect([name, world.lastTold(name)]).toEqual([name, status]);
            }
          }
        };
        wait(3);
        for (const step of steps) {
          if (step.kind === "wait") wait(step.rounds);
          else world.do(step);
        }
        // What others depend on recovers; some that depend on it do not.
        for (const name of NAMES) {
          world.do({ kind: "find", name });
          if (!stayBroken.includes(name)) world.do({ kind: "repair", name });
        }
        for (const name of stayBroken) world.do({ kind: "break", name });
        wait(LONG);
        for (const { name, status } of world.services.values()) {
          expect([name, status]).toEqual([name, stayBroken.includes(name) ? "unhealthy" : "healthy"]);
          expect([name, world.lastTold(name)]).toEqual([name, status]);
          expect([name, world.blocker(name)]).toEqual([name, undefined]);
        }
        const bad = world.told.filter(({ to }) => to !== "healthy");
        expect(bad.filter(({ wasBlocked }) => wasBlocked)).toEqual([]);
        // Two equal notices in a row would be a repetition.
        for (const name of NAMES) {
          const states = world.told.filter(({ subject }) => subject === name).map(({ to }) => to);
          expect(states.filter((to, i) => to === states[i - 1])).toEqual([]);
        }
        world.stop();
      }),
      { numRuns: 300 },
    );
  });

  it("never call down what fails only because of one dependency, in whatever order failures are found", () => {
    const anyRun = fc.record({
      fragile: fc.constantFrom("isp", "gateway", "nas"),
      steps: fc.array(
        fc.oneof(
          fc.constantFrom("break", "repair", "restart"),
          fc.nat({ max: 12 }).map((rounds) => ({ rounds })),
        ),
        { maxLength: 25 },
      ),
      order: fc.shuffledSubarray(NAMES, { minLength: NAMES.length }),
    });
    fc.assert(
      fc.property(anyRun, ({ fragile, steps, order }) => {
        const world = createWorld(NEEDS);
        const wait = (rounds: number): void => {
          for (let i = 0; i < rounds; i += 1) world.round(order);
        };
        wait(3);
        for (const step of steps) {
          if (typeof step === "object") wait(step.rounds);
          else world.do(step === "restart" ? { kind: step } : { kind: step, name: fragile });
        }
        wait(LONG);
        const bad = world.told.filter(({ to }) => to !== "healthy");
        expect(bad.filter(({ subject }) => subject !== fragile)).toEqual([]);
        world.stop();
      }),
      { numRuns: 300 },
    );
  });
});

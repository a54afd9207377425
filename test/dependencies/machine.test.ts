import { describe, expect, it } from "vitest";
import { seconds, timestamp } from "../../src/core/units.ts";
import {
  blockerOf,
  FREE,
  type Observation,
  type Suspect,
  step,
  type Waiting,
} from "../../src/dependencies/machine.ts";

const suspect = (goodAt?: number): Suspect => ({
  name: "gateway",
  noticeTime: seconds(100),
  ...(goodAt === undefined ? {} : { goodAt: timestamp(goodAt) }),
});
/** An observation of something that fails at this second of both clocks. */
const failingAt = (second: number, more: Partial<Observation> = {}): Observation => ({
  now: timestamp(second),
  monotonic: seconds(second),
  isFailing: true,
  down: undefined,
  suspects: [suspect(0)],
  settleTime: seconds(60),
  ...more,
});
const after = (...observations: readonly Observation[]): Waiting => observations.reduce(step, FREE);

describe("the waiting for a dependency", () => {
  it.each([
    { name: "works", observations: [failingAt(10, { isFailing: false })], blocker: undefined },
    { name: "fails first", observations: [failingAt(10)], blocker: { name: "gateway", isDown: false } },
    {
      name: "fails, and its dependency has failed since",
      observations: [failingAt(10), failingAt(20, { suspects: [suspect()] })],
      blocker: { name: "gateway", isDown: false },
    },
    {
      name: "fails, and its dependency works since",
      observations: [failingAt(10), failingAt(20, { suspects: [suspect(11)] })],
      blocker: undefined,
    },
    {
      name: "fails, and its dependency worked when it began to",
      observations: [failingAt(10), failingAt(20, { suspects: [suspect(10)] })],
      blocker: { name: "gateway", isDown: false },
    },
    {
      name: "fails, and another of its dependencies has failed since",
      observations: [
        failingAt(10),
        failingAt(20, { suspects: [suspect(11), { ...suspect(), name: "disk" }] }),
      ],
      blocker: { name: "disk", isDown: false },
    },
    {
      name: "fails, and its dependency may be found down just now",
      observations: [failingAt(10), failingAt(109, { suspects: [suspect()] })],
      blocker: { name: "gateway", isDown: false },
    },
    {
      name: "fails again after it worked, and its dependency was not found down in time after the first failure",
      observations: [
        failingAt(10),
        failingAt(50, { isFailing: false }),
        failingAt(100),
        failingAt(150, { suspects: [suspect()] }),
      ],
      blocker: { name: "gateway", isDown: false },
    },
    {
      name: "fails, and its dependency is not found down in time",
      observations: [failingAt(10), failingAt(110, { suspects: [suspect()] })],
      blocker: undefined,
    },
    {
      name: "fails with an unknown dependency",
      observations: [failingAt(10, { suspects: [] })],
      blocker: undefined,
    },
    {
      name: "fails behind a dependency that is down",
      observations: [failingAt(10), failingAt(500, { down: "gateway" })],
      blocker: { name: "gateway", isDown: true },
    },
    {
      name: "works behind a dependency that is down",
      observations: [failingAt(10, { isFailing: false, down: "gateway" })],
      blocker: { name: "gateway", isDown: true },
    },
    {
      name: "still fails after its dependency has recovered",
      observations: [failingAt(10, { down: "gateway" }), failingAt(200, { suspects: [suspect(199)] })],
      blocker: { name: "gateway", isDown: false },
    },
    {
      name: "fails for almost as long as it may after its dependency has recovered",
      observations: [
        failingAt(10, { down: "gateway" }),
        failingAt(200, { suspects: [suspect(199)] }),
        failingAt(259, { suspects: [suspect(199)] }),
      ],
      blocker: { name: "gateway", isDown: false },
    },
    {
      name: "fails for longer than it may after its dependency has recovered",
      observations: [
        failingAt(10, { down: "gateway" }),
        failingAt(200, { suspects: [suspect(199)] }),
        failingAt(260, { suspects: [suspect(199)] }),
      ],
      blocker: undefined,
    },
    {
      name: "recovers after its dependency",
      observations: [
        failingAt(10, { down: "gateway" }),
        failingAt(200),
        failingAt(210, { isFailing: false }),
        failingAt(220, { suspects: [suspect(221)] }),
      ],
      blocker: undefined,
    },
  ])("of what $name", ({ observations, blocker }) => {
    expect(blockerOf(after(...observations))).toEqual(blocker);
  });
});

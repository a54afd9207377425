import { describe, expect, it } from "vitest";
import { seconds } from "../../src/core/units.ts";
import { createElection } from "../../src/leadership/election.ts";
import type { LeaseSettings } from "../../src/leadership/replica.ts";
import { manualClock } from "../helpers/clock.ts";
import { settle } from "../helpers/stand-in-prober.ts";
import { leaseCalls, recordOf } from "./lease-calls.ts";

const settings = (more: Partial<LeaseSettings> = {}): LeaseSettings => ({
  name: "exporter",
  identity: "me",
  duration: seconds(30),
  renewInterval: seconds(10),
  deliver: "leader",
  ...more,
});

const OTHER = recordOf({
  holder: "other",
  duration: seconds(30),
  acquireTime: "2025-09-15T13:00:00.000000Z",
  renewTime: "2025-09-15T13:29:59.000000Z",
  transitions: 1,
  advertiseUrl: "http://other.example:9464/",
});

/** An election without a lease, whose calls the test answers. */
function setUp() {
  const clock = manualClock();
  const calls = leaseCalls();
  let opened = 0;
  const election = createElection({
    clock,
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    open: () => {
      opened += 1;
      return calls.api;
    },
    random: () => 0,
    onLead: () => {},
    onLeaderChange: () => {},
    knowledge: { tell: () => "", learn: () => {} },
  });
  return { ...calls, clock, election, opened: () => opened };
}

describe("an election", () => {
  it("without a lease lets the replica do everything", async () => {
    const { election, calls } = setUp();
    election.apply(undefined);
    election.share();
    expect([election.leads(), election.leader(), election.skip(), election.delivers()]).toEqual([
      undefined,
      undefined,
      undefined,
      true,
    ]);
    await election.stop();
    expect(calls).toEqual([]);
  });

  it("lets the leader do everything", async () => {
    const { election, becomeLeader } = setUp();
    election.apply(settings());
    await becomeLeader();
    expect([election.leads(), election.leader(), election.skip(), election.delivers()]).toEqual([
      true,
      undefined,
      undefined,
      true,
    ]);
  });

  it.each([
    { deliver: "leader", delivers: false },
    { deliver: "all", delivers: true },
  ] as const)(
    "lets a replica that follows send no prompts; with deliver: $deliver, it delivers: $delivers",
    async ({ deliver, delivers }) => {
      const { election, last } = setUp();
      election.apply(settings({ deliver }));
      await last().answer(OTHER);
      expect([election.leads(), election.leader(), election.skip(), election.delivers()]).toEqual([
        false,
        { identity: "other", url: new URL("http://other.example:9464/") },
        { reason: "not_leader", detail: "other leads (lease exporter)" },
        delivers,
      ]);
    },
  );

  it("lets the leader share what it knows at once", async () => {
    const { election, clock, calls, last, becomeLeader } = setUp();
    election.apply(settings());
    await becomeLeader();
    const before = calls.length;
    election.share();
    clock.advance(seconds(1));
    await settle();
    expect([calls.length, last().kind]).toEqual([before + 1, "update"]);
  });

  it("goes on with equal settings, without another call", async () => {
    const { election, calls, opened, becomeLeader } = setUp();
    election.apply(settings());
    await becomeLeader();
    election.apply(settings());
    expect([election.leads(), calls.length, opened()]).toEqual([true, 2, 1]);
  });

  it("with other settings releases the lease and begins again", async () => {
    const { election, calls, opened, becomeLeader } = setUp();
    election.apply(settings());
    await becomeLeader();
    election.apply(settings({ name: "another" }));
    expect([election.leads(), opened()]).toEqual([false, 2]);
    await settle();
    const after = calls.slice(2).map(({ kind, name, spec }) => ({ kind, name, holder: spec?.holder }));
    expect(after).toHaveLength(2);
    expect(after).toContainEqual({ kind: "read", name: "another", holder: undefined });
    expect(after).toContainEqual({ kind: "update", name: "exporter", holder: "" });
  });

  it("stops when all its leases are released, also those that it has replaced", async () => {
    const { election, calls, state, accept, becomeLeader } = setUp();
    election.apply(settings());
    await becomeLeader();
    election.apply(undefined);
    await settle();
    const released = calls.at(-1);
    expect(released?.spec?.holder).toBe("");
    election.apply(settings({ name: "another" }));
    await becomeLeader();
    let isStopped = false;
    const stop = async (): Promise<void> => {
      await election.stop();
      isStopped = true;
    };
    const stopped = stop();
    await settle();
    await accept();
    expect([isStopped, election.leads(), state.closed]).toEqual([false, undefined, 1]);
    await released?.answer({ kind: "conflict" });
    await calls.at(-1)?.answer({ kind: "absent", detail: "" });
    await calls.at(-1)?.answer({ kind: "failed", reason: "connect", detail: "" });
    await stopped;
    expect(state.closed).toBe(2);
  });
});

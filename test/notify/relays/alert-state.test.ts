import { describe, expect, test } from "vitest";
import { seconds, timestamp } from "../../../src/core/units.ts";
import { type AlertState, applyMention, applyTime } from "../../../src/notify/relays/alert-state.ts";
import { alertOf, eventWithId } from "./alerts.ts";

const STALE_WINDOW = 30;

/** A mention: when it arrives, and its status, start and end. */
type Mention = readonly [at: number, status: "firing" | "resolved", startsAt: number, endsAt?: number];

const phasesOf = (mentions: readonly Mention[]): readonly (string | undefined)[] => {
  let state: AlertState | undefined;
  return mentions.map(([at, status, startsAt, endsAt]) => {
    const prepare = (): ReturnType<typeof eventWithId> => eventWithId("evt", alertOf("firing", startsAt));
    const context = { now: timestamp(at), staleWindow: seconds(STALE_WINDOW), prepare };
    state = applyMention(state, alertOf(status, startsAt, endsAt), context);
    return state?.phase;
  });
};

const rows: readonly {
  name: string;
  mentions: readonly Mention[];
  phases: readonly (string | undefined)[];
}[] = [
  {
    name: "a repetition is no news, and its start may move",
    mentions: [
      [1000, "firing", 1000],
      [1010, "firing", 990],
      [1020, "firing", 1005],
    ],
    phases: ["firing", "firing", "firing"],
  },
  {
    name: "a resolution of an unknown alert is not remembered",
    mentions: [
      [1000, "resolved", 900, 1000],
      [1001, "firing", 900],
    ],
    phases: [undefined, "firing"],
  },
  {
    name: "the late end of an earlier period does not end the present one",
    mentions: [
      [1000, "firing", 1000],
      [2000, "firing", 2000],
      [2001, "resolved", 1000, 1500],
      [2500, "resolved", 2000, 2500],
    ],
    phases: ["firing", "firing", "firing", "resolved"],
  },
  {
    name: "a firing with the old start is doubtful shortly after the resolution",
    mentions: [
      [1000, "firing", 1000],
      [1500, "resolved", 1000, 1490],
      [1515, "firing", 1000],
      [1520, "firing", 1000],
      [1530, "resolved", 1000, 1490],
    ],
    phases: ["firing", "resolved", "doubtful", "doubtful", "resolved"],
  },
  {
    name: "a firing with the old start is true later",
    mentions: [
      [1000, "firing", 1000],
      [1500, "resolved", 1000, 1490],
      [1500 + STALE_WINDOW, "firing", 1000],
    ],
    phases: ["firing", "resolved", "firing"],
  },
  {
    name: "a firing with a new start is true at once, and so is one beside a doubtful one",
    mentions: [
      [1000, "firing", 1000],
      [1500, "resolved", 1000, 1490],
      [1501, "firing", 1000],
      [1502, "firing", 1495],
      [1503, "resolved", 1000, 1490],
    ],
    phases: ["firing", "resolved", "doubtful", "firing", "firing"],
  },
  {
    name: "a repeated resolution does not end the period that continued after it",
    mentions: [
      [1000, "firing", 1000],
      [1500, "resolved", 1000, 1490],
      [1600, "firing", 1000],
      [1601, "resolved", 1000, 1490],
      [1700, "resolved", 1000, 1690],
    ],
    phases: ["firing", "resolved", "firing", "firing", "resolved"],
  },
];

describe("an alert", () => {
  test("ends with a repeated resolution that comes long after an old notification was believed", () => {
    const phases = phasesOf([
      [1000, "firing", 1000],
      [1500, "resolved", 1000, 1490],
      [1540, "firing", 1000],
      [1560, "resolved", 1000, 1490],
      [1840, "resolved", 1000, 1490],
    ]);
    expect(phases).toEqual(["firing", "resolved", "firing", "firing", "resolved"]);
  });

  test.each(rows)("$name", ({ mentions, phases }) => {
    expect(phasesOf(mentions)).toEqual(phases);
  });

  test("counts as firing when nothing has contradicted it in time", () => {
    const since: AlertState = {
      phase: "doubtful",
      startsAt: timestamp(1000),
      endedAt: timestamp(1490),
      resolvedAt: timestamp(1500),
      seenAt: timestamp(1510),
      resumedAt: timestamp(1510),
      decideAt: timestamp(1540),
      event: eventWithId("evt", alertOf("firing", 1000)),
    };
    expect(applyTime(since, timestamp(1539)).phase).toBe("doubtful");
    expect(applyTime(since, timestamp(1540))).toMatchObject({ phase: "firing", endedAt: 1490 });
    // Before it began: the clock was set back, and would make it wait.
    expect(applyTime(since, timestamp(1510)).phase).toBe("doubtful");
    expect(applyTime(since, timestamp(1509)).phase).toBe("firing");
  });
});

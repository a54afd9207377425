import type { EventFacts } from "../../src/core/history.ts";
import type { FailureReason } from "../../src/core/reasons.ts";
import { seconds, timestamp } from "../../src/core/units.ts";
import { openTestStore } from "../helpers/store.ts";

const DAY = 86_400;

/** What one target did in the past. */
interface Past {
  readonly target: string;
  readonly module: string;
  /** Typical duration in seconds. */
  readonly duration: number;
  readonly isModel?: boolean;
  /** Days for which results are known. */
  readonly days: number;
  /** Outages: how long ago they began and how long they lasted, in seconds. */
  readonly outages: readonly (readonly [ago: number, length: number, reason: FailureReason])[];
}

const PAST: readonly Past[] = [
  {
    target: "gpt",
    module: "chat",
    duration: 0.9,
    isModel: true,
    days: 88,
    outages: [
      [2 * 3600, 1500, "overloaded"],
      [3.2 * DAY, 5400, "auth"],
      [17 * DAY, 2400, "timeout"],
    ],
  },
  {
    target: "checkout",
    module: "http_2xx",
    duration: 0.08,
    days: 90,
    outages: [[11 * 3600, 900, "http_status"]],
  },
  {
    target: "search",
    module: "http_2xx",
    duration: 0.21,
    days: 41,
    outages: [[9 * DAY, 6 * 3600, "timeout"]],
  },
  { target: "frontend", module: "http_2xx", duration: 0.04, days: 90, outages: [] },
];

/** Writes results and events of the past into a new store, so that pictures show more than a minute. */
export async function writePast(path: string, now: number): Promise<void> {
  // Results are kept for as long as the store is told.
  await using open = await openTestStore(path, { bounds: { retention: 91 * DAY, maxSize: 2 ** 30 } });
  const { history } = open.store;
  for (const { target, module, duration, isModel, days, outages } of PAST) {
    for (let ago = days * DAY; ago > 60; ago -= ago > 2 * DAY ? 3600 : 300) {
      const outage = outages.find(([begin, length]) => ago <= begin && ago > begin - length);
      const wave = 1 + 0.35 * Math.sin(ago / 9000) + 0.15 * Math.sin(ago / 777);
      const took = duration * wave;
      history.append({
        target,
        module,
        startedAt: timestamp(now - ago),
        duration: seconds(outage === undefined ? took : took * 2),
        ...(outage === undefined ? {} : { reason: outage[2] }),
        ...(isModel !== true || outage !== undefined
          ? {}
          : { firstToken: seconds(took * 0.4), tokensPerSecond: 40 / wave }),
        phases:
          isModel === true
            ? {}
            : {
                resolve: seconds(took * 0.1),
                connect: seconds(took * 0.2),
                processing: seconds(took * 0.6),
                transfer: seconds(took * 0.1),
              },
      });
    }
  }
  const events = PAST.flatMap(({ target, outages, isModel }) =>
    outages.flatMap(([begin, length, reason]) => eventsOf(target, now - begin, length, reason, isModel)),
  );
  for (const event of events.toSorted((a, b) => a.at - b.at)) history.record(event);
}

function eventsOf(
  target: string,
  from: number,
  length: number,
  reason: string,
  hasMode = false,
): readonly EventFacts[] {
  const begin = timestamp(from);
  const end = timestamp(from + length);
  const detail = reason === "auth" ? "HTTP 401: invalid api key" : "HTTP 503";
  return [
    { kind: "status", at: begin, subject: target, from: "healthy", to: "unhealthy", cause: reason, detail },
    ...(hasMode
      ? [
          {
            kind: "mode",
            at: begin,
            subject: target,
            from: "primary",
            to: "fallback",
            cause: "threshold",
          } as const,
        ]
      : []),
    { kind: "status", at: end, subject: target, from: "unhealthy", to: "healthy" },
    ...(hasMode
      ? [
          {
            kind: "mode",
            at: end,
            subject: target,
            from: "fallback",
            to: "primary",
            cause: "threshold",
          } as const,
        ]
      : []),
  ];
}

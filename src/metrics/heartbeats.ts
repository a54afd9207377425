import { setImmediate as nextTurn } from "node:timers/promises";
import { catalogue } from "../catalogue/index.ts";
import { type HeartbeatState, isUp } from "../core/heartbeat.ts";
import { type Metric, type Sample, sample } from "../core/metric.ts";
import type { PushHeartbeat } from "../core/push-heartbeat.ts";
import type { Target } from "../core/target.ts";
import type { Timestamp } from "../core/units.ts";
import type { PingKind } from "../heartbeats/push-state.ts";
import type { PushView } from "../heartbeats/view.ts";
import { headerOf, renderPairs, renderValue } from "./exposition.ts";
import { targetLabels } from "./targets.ts";

/** All heartbeats at one moment. */
export interface HeartbeatSnapshots {
  readonly pushes: Iterable<PushView>;
  /** Heartbeats that probes of targets read. */
  readonly probed: readonly { readonly target: Target; readonly beat: HeartbeatState }[];
  readonly now: Timestamp;
  /** Returns true if a maintenance window for a heartbeat is open; `undefined` for a heartbeat without one. */
  readonly inMaintenance?: (heartbeat: string) => boolean | undefined;
}

/** A heartbeat and the parts of its lines that are the same in every scrape. */
interface Row {
  readonly labels: string;
  readonly info: string;
  readonly beat: HeartbeatState;
  readonly push?: PushView;
  readonly inMaintenance?: boolean;
}

interface Family {
  readonly metric: Metric;
  /** Renders the lines of one heartbeat; empty without a value. */
  readonly lines: (row: Row, now: Timestamp) => string;
}

/** Number of heartbeats to render in one turn of the event loop, which takes a few milliseconds. */
const PER_TURN = 1_000;

/** Renders the section of `/metrics` about heartbeats in parts, so that many heartbeats do not block the event loop. */
export async function* heartbeatsText({
  pushes,
  probed,
  now,
  inMaintenance = () => undefined,
}: HeartbeatSnapshots): AsyncGenerator<Buffer> {
  const rows: Row[] = [];
  const add = (row: Row): void => {
    const open = inMaintenance(row.beat.heartbeat);
    rows.push(open === undefined ? row : { ...row, inMaintenance: open });
  };
  for (const push of pushes) {
    add(pushRow(push));
    if (rows.length % PER_TURN === 0) await nextTurn();
  }
  for (const one of probed) add(probedRow(one));
  for (const { metric, lines } of FAMILIES) {
    let header = headerOf(metric);
    for (let from = 0; from < rows.length; from += PER_TURN) {
      let text = "";
      for (const row of rows.slice(from, from + PER_TURN)) text += lines(row, now);
      if (text === "") continue;
      yield Buffer.from(header + text);
      header = "";
      await nextTurn();
    }
  }
}

const line = (name: string, labels: string, value: number): string =>
  `${name}{${labels}} ${renderValue(value)}\n`;

/** Makes a family with one line per heartbeat that has a value. */
const single = (metric: Metric, valueOf: (row: Row, now: Timestamp) => number | undefined): Family => ({
  metric,
  lines(row, now) {
    const value = valueOf(row, now);
    return value === undefined ? "" : line(metric.name, row.labels, value);
  },
});

const FAMILIES: readonly Family[] = [
  single(catalogue.heartbeatLastSeen, ({ beat }) => beat.lastSeen),
  single(catalogue.heartbeatTimeout, ({ beat }) => beat.timeout),
  single(catalogue.heartbeatUp, ({ beat }, now) => {
    const up = isUp(beat, now);
    return up === undefined ? undefined : Number(up);
  }),
  { metric: catalogue.heartbeatInfo, lines: ({ info }) => info },
  {
    metric: catalogue.heartbeatPings,
    lines: ({ push, labels }) => (push === undefined ? "" : pingLines(push.pings, labels)),
  },
  single(catalogue.heartbeatFailed, ({ push }) =>
    push?.beat.lastSeen === undefined ? undefined : Number(push.failed),
  ),
  single(catalogue.heartbeatLastDuration, ({ push }) => push?.lastDuration),
  single(catalogue.heartbeatRunningSince, ({ push }) => push?.runningSince),
  single(catalogue.heartbeatNextExpected, ({ push }) => push?.nextExpected),
  single(catalogue.heartbeatMaintenance, ({ inMaintenance }) =>
    inMaintenance === undefined ? undefined : Number(inMaintenance),
  ),
];

const PINGS = catalogue.heartbeatPings.name;

function pingLines(
  { success, start, fail, log }: Readonly<Record<PingKind, number>>,
  labels: string,
): string {
  const of = (kind: PingKind, count: number): string => `${PINGS}{${labels},kind="${kind}"} ${count}\n`;
  return of("success", success) + of("start", start) + of("fail", fail) + of("log", log);
}

/** Parts by configured heartbeat, which a reload replaces and never changes. */
const fixedParts = new WeakMap<PushHeartbeat, { readonly labels: string; readonly info: string }>();

function pushRow(push: PushView): Row {
  const { heartbeat, beat } = push;
  const known = fixedParts.get(heartbeat);
  if (known !== undefined) return { ...known, beat, push };
  const { name, kind, hostname = "", owner = "" } = heartbeat;
  const labels = renderPairs({ heartbeat: name, source: beat.source });
  const fixed = { labels, info: infoLine(labels, { kind, hostname, owner, ...heartbeat.labels }) };
  fixedParts.set(heartbeat, fixed);
  return { ...fixed, beat, push };
}

function probedRow({ target, beat }: { readonly target: Target; readonly beat: HeartbeatState }): Row {
  const { heartbeat, source } = beat;
  const labels = renderPairs({ ...targetLabels(target), heartbeat, source });
  const facts = { kind: target.module.prober.kind, hostname: target.hostname ?? "", owner: "" };
  return { labels, info: infoLine(labels, { ...facts, ...ownLabels(target) }), beat };
}

/** Returns the configured labels of a target that do not collide with the labels of a heartbeat. */
const ownLabels = ({ labels }: Target): Readonly<Record<string, string>> => {
  const { heartbeat: _heartbeat, source: _source, ...own } = labels;
  return own;
};

const infoLine = (labels: string, facts: Readonly<Record<string, string>>): string =>
  line(catalogue.heartbeatInfo.name, `${labels},${renderPairs(facts)}`, 1);

/** Makes the samples that every heartbeat has: last seen, timeout, and whether it is up at `now`. */
export function* beatSamples(beat: HeartbeatState, now: Timestamp): Generator<Sample> {
  const labels = { heartbeat: beat.heartbeat, source: beat.source };
  if (beat.lastSeen !== undefined) yield sample(catalogue.heartbeatLastSeen, beat.lastSeen, labels);
  yield sample(catalogue.heartbeatTimeout, beat.timeout, labels);
  const up = isUp(beat, now);
  if (up !== undefined) yield sample(catalogue.heartbeatUp, Number(up), labels);
}

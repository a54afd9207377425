import { setImmediate as othersTurn } from "node:timers/promises";
import { catalogue } from "../catalogue/index.ts";
import { type HeartbeatState, isUp } from "../core/heartbeat.ts";
import { type Metric, type Sample, sample } from "../core/metric.ts";
import type { PushHeartbeat } from "../core/push-heartbeat.ts";
import type { Target } from "../core/target.ts";
import type { Timestamp } from "../core/units.ts";
import type { PingKind } from "../heartbeats/machine.ts";
import type { PushView } from "../heartbeats/view.ts";
import { headerOf, renderPairs, renderValue } from "./exposition.ts";
import { targetLabels } from "./targets.ts";

/** What is shown of all heartbeats. */
export interface HeartbeatSnapshots {
  readonly pushes: Iterable<PushView>;
  /** What probes of targets heard. */
  readonly heard: readonly { readonly target: Target; readonly beat: HeartbeatState }[];
  readonly now: Timestamp;
  /** Whether one is worked on; `undefined` where no window is about it. */
  readonly inMaintenance?: (heartbeat: string) => boolean | undefined;
}

/** A heartbeat with the parts of its lines that do not change from scrape to scrape. */
interface Row {
  readonly labels: string;
  readonly info: string;
  readonly beat: HeartbeatState;
  readonly push?: PushView;
  readonly inMaintenance?: boolean;
}

interface Family {
  readonly metric: Metric;
  /** The lines of one heartbeat: none, where there is no value. */
  readonly lines: (row: Row, now: Timestamp) => string;
}

/** How many heartbeats are rendered before others have their turn: a few milliseconds' worth. */
const AT_ONCE = 1_000;

/** The section of `/metrics` about heartbeats. Nothing else of the exporter waits long for it, however many there are. */
export async function* heartbeatsText({
  pushes,
  heard,
  now,
  inMaintenance = () => undefined,
}: HeartbeatSnapshots): AsyncGenerator<Buffer> {
  const rows: Row[] = [];
  const add = (row: Row): void => {
    const working = inMaintenance(row.beat.heartbeat);
    rows.push(working === undefined ? row : { ...row, inMaintenance: working });
  };
  for (const push of pushes) {
    add(rowOf(push));
    if (rows.length % AT_ONCE === 0) await othersTurn();
  }
  for (const one of heard) add(heardRow(one));
  for (const { metric, lines } of FAMILIES) {
    let header = headerOf(metric);
    for (let from = 0; from < rows.length; from += AT_ONCE) {
      let text = "";
      for (const row of rows.slice(from, from + AT_ONCE)) text += lines(row, now);
      if (text === "") continue;
      yield Buffer.from(header + text);
      header = "";
      await othersTurn();
    }
  }
}

const line = (name: string, labels: string, value: number): string =>
  `${name}{${labels}} ${renderValue(value)}\n`;

/** A family with one line for each heartbeat for which `valueOf` finds a value. */
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

/** By what is configured, which is replaced and never changed. */
const fixedParts = new WeakMap<PushHeartbeat, { readonly labels: string; readonly info: string }>();

function rowOf(push: PushView): Row {
  const { heartbeat, beat } = push;
  const known = fixedParts.get(heartbeat);
  if (known !== undefined) return { ...known, beat, push };
  const { name, kind, hostname = "", owner = "" } = heartbeat;
  const labels = renderPairs({ heartbeat: name, source: beat.source });
  const fixed = { labels, info: infoLine(labels, { kind, hostname, owner, ...heartbeat.labels }) };
  fixedParts.set(heartbeat, fixed);
  return { ...fixed, beat, push };
}

function heardRow({ target, beat }: { readonly target: Target; readonly beat: HeartbeatState }): Row {
  const { heartbeat, source } = beat;
  const labels = renderPairs({ ...targetLabels(target), heartbeat, source });
  const facts = { kind: target.module.prober.kind, hostname: target.hostname ?? "", owner: "" };
  return { labels, info: infoLine(labels, { ...facts, ...ownLabels(target) }), beat };
}

/** The configured labels of a target without those that say which heartbeat it is. */
const ownLabels = ({ labels }: Target): Readonly<Record<string, string>> => {
  const { heartbeat: _heartbeat, source: _source, ...own } = labels;
  return own;
};

const infoLine = (labels: string, facts: Readonly<Record<string, string>>): string =>
  line(catalogue.heartbeatInfo.name, `${labels},${renderPairs(facts)}`, 1);

/** What all heartbeats have, however they report: last seen, timeout, and whether they are up at `now`. */
export function* beatSamples(beat: HeartbeatState, now: Timestamp): Generator<Sample> {
  const labels = { heartbeat: beat.heartbeat, source: beat.source };
  if (beat.lastSeen !== undefined) yield sample(catalogue.heartbeatLastSeen, beat.lastSeen, labels);
  yield sample(catalogue.heartbeatTimeout, beat.timeout, labels);
  const up = isUp(beat, now);
  if (up !== undefined) yield sample(catalogue.heartbeatUp, Number(up), labels);
}

import { catalogue } from "../catalogue/index.ts";
import { type HeartbeatState, isUp } from "../core/heartbeat.ts";
import { type Sample, sample } from "../core/metric.ts";
import type { PushHeartbeat } from "../core/push-heartbeat.ts";
import type { Target } from "../core/target.ts";
import type { Timestamp } from "../core/units.ts";
import type { PingKind } from "../heartbeats/push-state.ts";
import type { PushView } from "../heartbeats/view.ts";
import { type Family, familyParts, type Row, single } from "./families.ts";
import { joinPairs, type LineWriter, renderPairs, renderValue } from "./format.ts";
import { createPageSlices } from "./pieces.ts";
import { targetLabels } from "./targets.ts";

/** All heartbeats at one moment. */
export interface HeartbeatSnapshots {
  readonly pushes: Iterable<PushView>;
  /** Heartbeats that probes of targets read; `undefined` stands for work that found none. */
  readonly probed: Iterable<{ readonly target: Target; readonly beat: HeartbeatState } | undefined>;
  /** Returns true if a maintenance window for a heartbeat is open; `undefined` for a heartbeat without one. */
  readonly inMaintenance?: (heartbeat: string) => boolean | undefined;
}

/** A heartbeat and the parts of its lines that are the same in every scrape. */
interface HeartbeatRow extends Row {
  readonly info: string;
  readonly beat: HeartbeatState;
  readonly push?: PushView;
  readonly inMaintenance?: boolean;
}

/** All heartbeats at one moment, ready to be rendered. */
export type HeartbeatRows = readonly HeartbeatRow[];

/** Collects heartbeats in slices, so that many of them do not block the event loop. */
export async function heartbeatRows({
  pushes,
  probed,
  inMaintenance = () => undefined,
}: HeartbeatSnapshots): Promise<HeartbeatRows> {
  const slices = createPageSlices();
  const rows: HeartbeatRow[] = [];
  const add = (row: HeartbeatRow): void => {
    const open = inMaintenance(row.beat.heartbeat);
    rows.push(open === undefined ? row : { ...row, inMaintenance: open });
  };
  for (const push of pushes) {
    add(pushRow(push));
    if (slices.isOver()) await slices.next();
  }
  for (const one of probed) {
    if (one !== undefined) add(probedRow(one));
    if (slices.isOver()) await slices.next();
  }
  return rows;
}

/** Renders heartbeats in parts, metric by metric. */
export const heartbeatParts = (rows: HeartbeatRows, now: Timestamp, writer: LineWriter): Generator<string> =>
  familyParts(familiesAt(now), rows, writer);

const familiesAt = (now: Timestamp): readonly Family<HeartbeatRow>[] => [
  single(catalogue.heartbeatLastSeen, ({ beat }) => beat.lastSeen),
  single(catalogue.heartbeatTimeout, ({ beat }) => beat.timeout),
  single(catalogue.heartbeatUp, ({ beat }) => {
    const up = isUp(beat, now);
    return up === undefined ? undefined : Number(up);
  }),
  { metric: catalogue.heartbeatInfo, lines: ({ info }) => info },
  {
    metric: catalogue.heartbeatPings,
    lines: ({ push, labels }, writer) => (push === undefined ? "" : pingLines(push.pings, labels, writer)),
  },
  single(catalogue.heartbeatFailed, ({ push }) =>
    push?.beat.lastSeen === undefined ? undefined : Number(push.failed),
  ),
  single(catalogue.heartbeatLastExitStatus, ({ push }) => push?.exitStatus),
  single(catalogue.heartbeatLastDuration, ({ push }) => push?.lastDuration),
  single(catalogue.heartbeatRunningSince, ({ push }) => push?.runningSince),
  single(catalogue.heartbeatNextExpected, ({ push }) => push?.nextExpected),
  single(catalogue.heartbeatMaintenance, ({ inMaintenance }) =>
    inMaintenance === undefined ? undefined : Number(inMaintenance),
  ),
];

/** The kinds of pings, with their label. */
const PING_KINDS = (["success", "start", "fail", "log"] as const).map(
  (kind) => [kind, renderPairs({ kind })] as const,
);

function pingLines(pings: Readonly<Record<PingKind, number>>, labels: string, writer: LineWriter): string {
  let out = "";
  for (const [kind, label] of PING_KINDS) {
    out += writer.line(catalogue.heartbeatPings.name, joinPairs(labels, label), pings[kind]);
  }
  return out;
}

/** Parts by configured heartbeat, which a reload replaces and never changes. */
const fixedParts = new WeakMap<PushHeartbeat, { readonly labels: string; readonly info: string }>();

function pushRow(push: PushView): HeartbeatRow {
  const { heartbeat, beat } = push;
  const known = fixedParts.get(heartbeat);
  if (known !== undefined) return { ...known, beat, push };
  const { name, kind, hostname = "", owner = "", group = "" } = heartbeat;
  const labels = renderPairs({ heartbeat: name, source: beat.source });
  const fixed = { labels, info: infoLine(labels, { kind, hostname, owner, group, ...heartbeat.labels }) };
  fixedParts.set(heartbeat, fixed);
  return { ...fixed, beat, push };
}

function probedRow({
  target,
  beat,
}: {
  readonly target: Target;
  readonly beat: HeartbeatState;
}): HeartbeatRow {
  const { heartbeat, source } = beat;
  const labels = renderPairs({ ...targetLabels(target), heartbeat, source });
  const facts = {
    kind: target.module.prober.kind,
    hostname: target.hostname ?? "",
    owner: "",
    group: target.group ?? "",
  };
  return { labels, info: infoLine(labels, { ...facts, ...target.labels }), beat };
}

/** Renders the line of a gauge, which is the same in all formats. */
const infoLine = (labels: string, facts: Readonly<Record<string, string>>): string =>
  `${catalogue.heartbeatInfo.name}{${joinPairs(labels, renderPairs(facts))}} ${renderValue(1)}\n`;

/** Makes the samples that every heartbeat has: last seen, timeout, and whether it is up at `now`. */
export function* beatSamples(beat: HeartbeatState, now: Timestamp): Generator<Sample> {
  const labels = { heartbeat: beat.heartbeat, source: beat.source };
  if (beat.lastSeen !== undefined) yield sample(catalogue.heartbeatLastSeen, beat.lastSeen, labels);
  yield sample(catalogue.heartbeatTimeout, beat.timeout, labels);
  const up = isUp(beat, now);
  if (up !== undefined) yield sample(catalogue.heartbeatUp, Number(up), labels);
}

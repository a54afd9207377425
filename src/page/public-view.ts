import { defined } from "../core/defined.ts";
import type { PublicDetail, PublicPage } from "../core/public-page.ts";
import { type Timestamp, timestamp } from "../core/units.ts";
import type { RecordedIncident } from "./incidents/incident.ts";
import { settled } from "./incidents/list.ts";
import { incidentOf } from "./incidents/shown.ts";
import { mapInSlices } from "./map-in-slices.ts";
import { DAYS_SHOWN } from "./model/bars.ts";
import type { OverviewItem } from "./model/overview.ts";
import type { PublicGroup, PublicIncident, PublicItem, PublicView } from "./model/public-view.ts";
import type { Uptimes } from "./model/words.ts";
import { itemsOf } from "./overview.ts";
import type { PageSource } from "./source.ts";
import type { SubjectRef, SubjectState } from "./state.ts";
import { probeUptimes } from "./subject.ts";
import { bySeverity, countByStatus, MOST_NAMED, summaryOf, worstOf } from "./summary.ts";
import { timeOrNull } from "./text.ts";
import { DAY, timeUptimes } from "./time-uptime.ts";
import { timelineOf } from "./timeline.ts";

/** Most incidents in a public view. */
const MOST_INCIDENTS = 20;

/** A group of a view with the states of its members. */
interface ChosenGroup {
  readonly name: string | null;
  readonly description?: string;
  readonly status?: SubjectState["status"];
  readonly members: readonly SubjectState[];
}

/** Builds the view of the groups that a page names. Groups that are gone are left out. */
export async function buildPublicView(source: PageSource, page: PublicPage): Promise<PublicView> {
  const states = page.groups.flatMap((name) => source.state({ kind: "group", name }) ?? []);
  return viewOf(source, page, await Promise.all(states.map((state) => groupOf(source, state))));
}

/** Builds a view of everything in the same shape, with every detail, for `/status.json`. */
export async function buildWholeView(source: PageSource, refs: readonly SubjectRef[]): Promise<PublicView> {
  const found = await mapInSlices(refs, (ref) => source.state(ref));
  const states = found.filter((state) => state !== undefined);
  const groups = await Promise.all(
    states.filter(({ kind }) => kind === "group").map((state) => groupOf(source, state)),
  );
  const others = states.filter(({ kind, groups: own }) => kind !== "group" && own.length === 0);
  const all = others.length === 0 ? groups : [...groups, { name: null, members: others }];
  const show: ReadonlySet<PublicDetail> = new Set(["addresses", "reasons", "latency"]);
  return viewOf(source, { title: "Status", show }, all);
}

async function groupOf(source: PageSource, state: SubjectState): Promise<ChosenGroup> {
  const members = state.group?.members ?? [];
  return {
    name: state.name,
    ...defined({ description: state.description }),
    status: state.status,
    members: await mapInSlices(members, (member) => source.state(member) ?? absentMember(member)),
  };
}

/** A component that has not reported yet is a member too. */
const absentMember = ({ kind, name }: SubjectRef): SubjectState => ({
  kind,
  name,
  status: "unknown",
  labels: {},
  groups: [],
  words: [],
  critical: false,
  maintenance: false,
});

async function viewOf(
  source: PageSource,
  { title, show, announcement }: Pick<PublicPage, "title" | "show" | "announcement">,
  groups: readonly ChosenGroup[],
): Promise<PublicView> {
  const now = source.now();
  // A member of two groups is counted once.
  const members = [
    ...new Map(groups.flatMap((group) => group.members).map((one) => [keyOf(one), one])).values(),
  ];
  const items = new Map((await itemsOf(source, members)).map((item) => [keyOf(item), item]));
  const uptimes = await uptimesOf(source, members, now);
  const incidents = await incidentsOf(source, members);
  // A group that has a section of its own is not counted beside its members.
  const sections = new Set(groups.map(({ name }) => name));
  const counted = members.filter(({ kind, name }) => kind !== "group" || !sections.has(name));
  const counts = countByStatus(counted);
  const worst = counted.toSorted(bySeverity).slice(0, MOST_NAMED);
  const shown = worst.map((member) => (show.has("reasons") ? withoutDetail(member) : withoutReason(member)));
  const newest = Math.max(
    0,
    ...members.map(({ since }) => since ?? 0),
    ...incidents.map(({ from, to }) => to ?? from),
  );
  const sectionsShown = await Promise.all(
    groups.map(
      async ({ name, description, status, members: own }): Promise<PublicGroup> => ({
        name,
        description: description ?? null,
        status: status ?? worstOf(countByStatus(own)),
        items: await mapInSlices(own, (member) =>
          publicItem(member, items.get(keyOf(member)), uptimes.get(keyOf(member)), show),
        ),
      }),
    ),
  );
  return {
    title,
    announcement: announcement ?? null,
    updated_at: timeOrNull(newest === 0 ? undefined : timestamp(newest)),
    summary: summaryOf(counts, shown, now),
    status: worstOf(counts),
    groups: sectionsShown,
    incidents: incidents.map((one) => publicIncident(settled(one, source), source, show)),
    days_from: (Math.floor(now / DAY) - DAYS_SHOWN + 1) * DAY,
  };
}

const keyOf = ({ kind, name }: SubjectRef): string => `${kind}/${name}`;

/** A sentence of a public view does not say since when, which changes with every minute, and never what a target said. */
function withoutDetail({
  detail: _detail,
  since: _since,
  blockedBy: _blockedBy,
  ...state
}: SubjectState): SubjectState {
  return state;
}

function withoutReason(state: SubjectState): SubjectState {
  const { reason: _reason, ...rest } = withoutDetail(state);
  return rest;
}

async function uptimesOf(
  source: PageSource,
  members: readonly SubjectState[],
  now: Timestamp,
): Promise<ReadonlyMap<string, Uptimes>> {
  const names = members.filter(({ kind }) => kind === "target").map(({ name }) => name);
  const targets = await probeUptimes(source, names, now);
  const log = await source.incidents();
  const absences = source.absences();
  const entries = await mapInSlices(members, (member): readonly [string, Uptimes] => {
    const known = { now, timeline: timelineOf(log.changes(member), member), absences };
    const own = member.kind === "target" ? targets.get(member.name) : undefined;
    return [keyOf(member), own ?? timeUptimes(known)];
  });
  return new Map(entries);
}

async function incidentsOf(
  source: PageSource,
  members: readonly SubjectRef[],
): Promise<readonly RecordedIncident[]> {
  const log = await source.incidents();
  return members
    .filter(({ kind }) => kind !== "group")
    .flatMap((member) => log.of(member))
    .toSorted((a, b) => b.id - a.id)
    .slice(0, MOST_INCIDENTS);
}

const UNKNOWN_UPTIME: Uptimes = { "1h": null, "24h": null, "7d": null, "30d": null, "90d": null };

function publicItem(
  { kind, name, status, since, maintenance, reason, target }: SubjectState,
  item: OverviewItem | undefined,
  uptime: Uptimes = UNKNOWN_UPTIME,
  show: ReadonlySet<PublicDetail>,
): PublicItem {
  return {
    kind,
    name,
    status,
    since: timeOrNull(since),
    maintenance,
    days: item?.days ?? [],
    uptime: rounded(uptime),
    ...(show.has("addresses") && target !== undefined ? { address: target.address } : {}),
    ...(show.has("reasons") ? { reason: status === "healthy" ? null : (reason ?? null) } : {}),
    ...(show.has("latency") && item?.target !== undefined ? { latency: item.target.latency } : {}),
  };
}

/** Rounds, so that a view of steady targets stays the same text for a while. */
const rounded = (uptime: Uptimes): Uptimes =>
  Object.fromEntries(
    Object.entries(uptime).map(([window, ratio]) => [
      window,
      ratio === null ? null : Number(ratio.toFixed(4)),
    ]),
  ) as unknown as Uptimes;

function publicIncident(
  incident: RecordedIncident,
  source: PageSource,
  show: ReadonlySet<PublicDetail>,
): PublicIncident {
  const { id, name, status, from, to, seconds, reason } = incidentOf(
    incident,
    source.absences(),
    source.now(),
  );
  return {
    id,
    name,
    status,
    from,
    to,
    seconds: to === null ? null : seconds,
    ...(show.has("reasons") ? { reason } : {}),
  };
}

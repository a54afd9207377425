import type { Clock } from "../core/clock.ts";
import type { PublicPage } from "../core/public-page.ts";
import { seconds } from "../core/units.ts";
import { incidentFeed } from "./forms/atom.ts";
import { badge, latencyBadge, statusBadge, uptimeBadge } from "./forms/badge.ts";
import { overviewText, publicViewText } from "./forms/plain-text.ts";
import { findIncident, type IncidentQuery, listIncidents } from "./incidents/list.ts";
import type { Incident, IncidentList } from "./model/incident.ts";
import type { Overview, OverviewQuery } from "./model/overview.ts";
import type { PublicView } from "./model/public-view.ts";
import type { SubjectPage } from "./model/subject.ts";
import { type ChartWindow, SUBJECT_KINDS, type UptimeWindow } from "./model/words.ts";
import { buildOverview, itemsOf, readIndex, type SubjectIndex } from "./overview.ts";
import { buildPublicView, buildWholeView } from "./public-view.ts";
import { createShared } from "./shared.ts";
import type { PageSource } from "./source.ts";
import type { SubjectRef, SubjectState } from "./state.ts";
import { buildSubjectPage, probeUptimes } from "./subject.ts";
import { timeUptimes } from "./time-uptime.ts";
import { timelineOf } from "./timeline.ts";

/** A query for a badge. */
export interface BadgeQuery {
  readonly name: string;
  readonly show: "status" | "uptime" | "latency";
  readonly window: UptimeWindow;
  /** Text on the left instead of the name. */
  readonly label?: string;
}

/** The page, as data and as plain forms. Reading it never probes. Every function rejects if the history cannot be read. */
export interface Page {
  /** Makes what was told before old: a status, a mode or a maintenance window has changed. */
  changed(): void;
  overview(query: OverviewQuery): Promise<Overview>;
  /** Resolves to `undefined` for an unknown subject. */
  subject(subject: SubjectRef, window: ChartWindow): Promise<SubjectPage | undefined>;
  incidents(query: IncidentQuery): Promise<IncidentList>;
  incident(id: string): Promise<Incident | undefined>;
  publicView(page: PublicPage): Promise<PublicView>;
  /** Resolves to everything in the shape of a public view. */
  wholeView(): Promise<PublicView>;
  /** Resolves to a badge as SVG, also for an unknown name. */
  badge(query: BadgeQuery): Promise<{ readonly svg: string; readonly isKnown: boolean }>;
  readonly forms: {
    readonly overviewText: (overview: Overview) => string;
    readonly publicViewText: (view: PublicView) => string;
    readonly incidentFeed: (list: IncidentList, base: URL) => string;
  };
}

/** Age up to which an answer is shared while no status changes. */
const FRESH = seconds(2);
const PUBLIC_FRESH = seconds(5);

/** Creates the page over `source`. */
export function createPage(source: PageSource, clock: Clock): Page {
  const indexes = createShared<SubjectIndex>(clock, FRESH);
  const overviews = createShared<Overview>(clock, FRESH);
  const subjects = createShared<SubjectPage | undefined>(clock, FRESH);
  const views = createShared<PublicView>(clock, PUBLIC_FRESH);
  const index = (): Promise<SubjectIndex> => indexes.get("", () => readIndex(source));

  return {
    changed() {
      for (const shared of [indexes, overviews, subjects]) shared.expire();
    },
    overview: (query) =>
      overviews.get(JSON.stringify(query), async () => buildOverview(source, await index(), query)),
    subject: (subject, window) =>
      subjects.get(JSON.stringify([subject.kind, subject.name, window]), () =>
        buildSubjectPage(source, subject, window),
      ),
    incidents: (query) => listIncidents(source, query),
    incident: (id) => findIncident(source, id),
    publicView: (page) =>
      views.get(JSON.stringify([page, [...page.show]]), () => buildPublicView(source, page)),
    wholeView: () => views.get("", async () => buildWholeView(source, (await index()).entries)),
    badge: (query) => badgeOf(source, query),
    forms: { overviewText, publicViewText, incidentFeed },
  };
}

async function badgeOf(
  source: PageSource,
  { name, show, window, label = name }: BadgeQuery,
): Promise<{ readonly svg: string; readonly isKnown: boolean }> {
  const state = SUBJECT_KINDS.map((kind) => source.state({ kind, name })).find(
    (found) => found !== undefined,
  );
  if (state === undefined) {
    return { svg: badge({ label, value: "not found", status: "unknown" }), isKnown: false };
  }
  const known = (text: Parameters<typeof badge>[0]) => ({ svg: badge(text), isKnown: true });
  switch (show) {
    case "status":
      return known(statusBadge(label, state.status, state.maintenance));
    case "latency": {
      const [item] = await itemsOf(source, [state]);
      const latest = item?.target?.latency.findLast((value) => value !== null) ?? undefined;
      return known(latencyBadge(label, latest, state.status));
    }
    case "uptime":
      return known(uptimeBadge(label, window, await uptimeIn(source, state, window)));
  }
}

async function uptimeIn(
  source: PageSource,
  state: SubjectState,
  window: UptimeWindow,
): Promise<number | null> {
  const now = source.now();
  if (state.kind === "target") {
    return (await probeUptimes(source, [state.name], now)).get(state.name)?.[window] ?? null;
  }
  const timeline = timelineOf((await source.incidents()).changes(state), state);
  return timeUptimes({ now, timeline, absences: source.absences() })[window];
}

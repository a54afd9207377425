import type { Incident, IncidentEvent, IncidentList } from "../../model/incident.ts";
import { usePaths } from "../context.ts";
import { classes, Fragment, h, type VNode } from "../h.ts";
import { SubjectAnchor } from "../parts/name.ts";
import { Status } from "../parts/status.ts";
import { At, Stretch } from "../parts/time.ts";
import { count, shortName, span } from "../text.ts";

/** Shows incidents, the newest first. */
export function IncidentsPage({
  list,
  search,
}: {
  readonly list: IncidentList;
  readonly search: string;
}): VNode {
  const paths = usePaths();
  const { incidents, total, known_since } = list;
  const going = incidents.filter(({ to }) => to === null).length;
  const name = new URLSearchParams(search).get("name");
  return h(
    Fragment,
    null,
    h(
      "header",
      { class: "title" },
      h("h1", null, "Incidents", name === null ? null : [" of ", h("bdi", { key: "name" }, shortName(name))]),
      h(
        "p",
        null,
        total === 0 ? "None" : count(total, "incident"),
        going === 0 ? null : `, ${going} of them open`,
      ),
      h(
        "p",
        { class: "quiet" },
        known_since === null
          ? "No history yet. "
          : ["History begins at ", h(At, { key: "at", at: known_since }), ". "],
        h("a", { href: paths.feed }, "Atom feed"),
      ),
    ),
    h(IncidentRows, { incidents, empty: "No incident is known." }),
    incidents.length < total ? h("p", { class: "quiet" }, `The newest ${incidents.length} are shown.`) : null,
  );
}

/** Lists incidents, each with a link to its page. */
export function IncidentRows({
  incidents,
  empty,
}: {
  readonly incidents: readonly Incident[];
  readonly empty: string;
}): VNode {
  const paths = usePaths();
  if (incidents.length === 0) return h("p", { class: "empty" }, empty);
  return h(
    "ol",
    { class: "incidents" },
    incidents.map((incident) =>
      h(
        "li",
        { key: incident.id, class: classes("incident", incident.status, incident.to === null && "open") },
        h(Status, {
          status: incident.status,
          ...(incident.to === null ? {} : { word: ENDED[incident.status] }),
        }),
        h("a", { href: paths.incident(incident.id) }, h("bdi", null, shortName(incident.title))),
        h(Course, { incident }),
        incident.detail === null ? null : h("p", { class: "detail" }, h("bdi", null, incident.detail)),
      ),
    ),
  );
}

const ENDED = { unhealthy: "Was down", degraded: "Was degraded" } as const;

/** Shows when an incident began, ended and how long it was. */
function Course({ incident }: { readonly incident: Incident }): VNode {
  const { from, to, seconds, flaps, began_earlier } = incident;
  return h(
    "span",
    { class: "quiet" },
    began_earlier ? "before " : "",
    h(Stretch, { from, to }),
    `, ${span(seconds)}`,
    flaps === 0 ? "" : `, recovered ${count(flaps, "time")} in between`,
  );
}

/** Shows one incident with what happened in it. */
export function IncidentPage({ incident }: { readonly incident: Incident }): VNode {
  const {
    kind,
    name,
    title,
    status,
    to,
    reasons,
    detail,
    unobserved_seconds,
    blocked_by,
    events = [],
  } = incident;
  return h(
    Fragment,
    null,
    h(
      "header",
      { class: "title" },
      h(Status, { status, ...(to === null ? {} : { word: ENDED[status] }) }),
      h("h1", null, h("bdi", null, shortName(title))),
      h("p", null, h(Course, { incident })),
    ),
    h(
      "dl",
      { class: "facts" },
      h("div", null, h("dt", null, kind), h("dd", null, h(SubjectAnchor, { kind, name }))),
      reasons.length === 0
        ? null
        : h("div", null, h("dt", null, "reasons"), h("dd", null, h("bdi", null, reasons.join(", ")))),
      detail === null
        ? null
        : h("div", null, h("dt", null, "excerpt"), h("dd", null, h("bdi", null, detail))),
      blocked_by === undefined
        ? null
        : h("div", null, h("dt", null, "because of"), h("dd", null, h("bdi", null, shortName(blocked_by)))),
      unobserved_seconds === 0
        ? null
        : h(
            "div",
            null,
            h("dt", null, "not observed"),
            h("dd", null, `${span(unobserved_seconds)}, while the exporter did not run`),
          ),
    ),
    h("h2", null, "What happened"),
    events.length === 0
      ? h("p", { class: "empty" }, "No events are kept.")
      : h(
          "ol",
          { class: "events" },
          events.map((event, i) => h(EventRow, { key: i, event })),
        ),
  );
}

const EventRow = ({ event }: { readonly event: IncidentEvent }): VNode =>
  h("li", null, h(At, { at: event.at }), h("span", { class: "tag" }, event.kind), h("bdi", null, event.text));

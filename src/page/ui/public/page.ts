import type { PublicGroup, PublicIncident, PublicItem, PublicView } from "../../model/public-view.ts";
import { classes, Fragment, h, type VNode } from "../h.ts";
import { DaysBar } from "../parts/bars.ts";
import { Name } from "../parts/name.ts";
import { Sparkline } from "../parts/sparkline.ts";
import { Status, StatusShape } from "../parts/status.ts";
import { At, Stretch } from "../parts/time.ts";
import { percent, shortName, span } from "../text.ts";

/** Shows chosen groups to people outside. `embed` leaves out what a surrounding page has. */
export function PublicPage({ view, embed }: { readonly view: PublicView; readonly embed: boolean }): VNode {
  const { title, announcement, updated_at, summary, status, groups, incidents, days_from } = view;
  return h(
    Fragment,
    null,
    embed ? null : h("p", { class: "public-title" }, h("bdi", null, shortName(title))),
    announcement === null || announcement === ""
      ? null
      : h("p", { class: "notice", role: "note" }, h("bdi", null, announcement)),
    h(
      "header",
      { class: `headline ${status}` },
      h(StatusShape, { status }),
      h(
        "div",
        null,
        h("h1", null, h("bdi", null, summary)),
        updated_at === null ? null : h("p", { class: "quiet" }, "Last change ", h(At, { at: updated_at })),
      ),
    ),
    groups.map((group) => h(Group, { key: group.name, group, from: days_from })),
    embed
      ? null
      : h(
          "section",
          { class: "past" },
          h("h2", null, "Incidents"),
          incidents.length === 0
            ? h("p", { class: "empty" }, "No incident is known.")
            : h(
                "ol",
                { class: "incidents" },
                incidents.map((one) => h(IncidentRow, { key: one.id, incident: one })),
              ),
        ),
  );
}

const Group = ({ group, from }: { readonly group: PublicGroup; readonly from: number }): VNode =>
  h(
    "section",
    { class: "group" },
    h(
      "header",
      null,
      h("h2", null, h(StatusShape, { status: group.status }), h(Name, { text: group.name ?? "Others" })),
      h(Status, { status: group.status }),
      group.description === null ? null : h("p", null, h("bdi", null, group.description)),
    ),
    h(
      "ul",
      { class: "public-items" },
      group.items.map((item) => h(Item, { key: `${item.kind} ${item.name}`, item, from })),
    ),
  );

function Item({ item, from }: { readonly item: PublicItem; readonly from: number }): VNode {
  const { name, status, since, maintenance, days, uptime, address, reason, latency } = item;
  return h(
    "li",
    { class: classes("public-item", status) },
    h(
      "div",
      { class: "item-name" },
      h("b", null, h(Name, { text: name })),
      address == null ? null : h("small", null, h("bdi", null, shortName(address))),
    ),
    h(
      "div",
      { class: "item-status" },
      h(Status, { status }),
      status === "healthy" || since === null ? null : h("span", null, "since ", h(At, { at: since })),
      maintenance ? h("span", null, "in maintenance") : null,
      reason == null ? null : h("span", null, shortName(reason)),
    ),
    latency === undefined ? null : h("div", { class: "latency" }, h(Sparkline, { points: latency })),
    h(
      "div",
      { class: "item-days" },
      h(DaysBar, { days, from }),
      h("small", null, "90 days", h("b", null, percent(uptime["90d"]))),
    ),
  );
}

const IncidentRow = ({ incident }: { readonly incident: PublicIncident }): VNode => {
  const { name, status, from, to, seconds, reason } = incident;
  const word = status === "unhealthy" ? "Was down" : "Was degraded";
  return h(
    "li",
    { class: classes("incident", status, to === null && "open") },
    h(Status, { status, ...(to === null ? {} : { word }) }),
    h("b", null, h(Name, { text: name })),
    h("span", { class: "quiet" }, h(Stretch, { from, to }), seconds === null ? "" : `, ${span(seconds)}`),
    reason == null ? null : h("p", { class: "detail" }, shortName(reason)),
  );
};

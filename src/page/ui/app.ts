import { type Browser, NowContext, SiteContext, usePaths } from "./context.ts";
import { h, type VNode } from "./h.ts";
import { IncidentPage, IncidentsPage } from "./incidents/page.ts";
import { OperationsPage } from "./operations/page.ts";
import { OverviewPage } from "./overview/page.ts";
import { ProbesPage } from "./probes/page.ts";
import { PublicPage } from "./public/page.ts";
import { SubjectPage } from "./subject/page.ts";
import { shortName, span, unix } from "./text.ts";
import type { Site, View } from "./view.ts";
import { timeOf } from "./view.ts";

/** How current a page is. */
export type Freshness =
  | { readonly kind: "rendered" }
  | { readonly kind: "live" }
  | { readonly kind: "lost"; readonly since: number };

/** The properties of the whole page. */
export interface AppProps {
  readonly view: View;
  readonly site: Site;
  readonly browser?: Browser;
  readonly now: number;
  readonly freshness: Freshness;
}

/** Shows a view with what surrounds it. */
export function App({ view, site, browser, now, freshness }: AppProps): VNode {
  const surroundings = browser === undefined ? { site } : { site, browser };
  const isEmbedded = view.kind === "public" && view.embed;
  return h(
    SiteContext.Provider,
    { value: surroundings },
    h(
      NowContext.Provider,
      { value: now },
      isEmbedded ? null : h(TopBar, { view, freshness, now }),
      h("main", { id: "main", tabIndex: -1, class: `page-${view.kind}` }, h(Body, { view })),
      isEmbedded ? null : h(Footer, { view, site }),
    ),
  );
}

function Body({ view }: { readonly view: View }): VNode {
  switch (view.kind) {
    case "overview":
      return h(OverviewPage, { overview: view.data, search: view.search });
    case "subject":
      return h(SubjectPage, { key: `${view.data.item.kind} ${view.data.item.name}`, page: view.data });
    case "incidents":
      return h(IncidentsPage, { list: view.data, search: view.search });
    case "incident":
      return h(IncidentPage, { incident: view.data });
    case "operations":
      return h(OperationsPage, { data: view.data });
    case "probes":
      return h(ProbesPage, { list: view.data });
    case "missing":
      return h(Missing, { text: view.text });
    case "public":
      return h(PublicPage, { view: view.data, embed: view.embed });
  }
}

const Missing = ({ text }: { readonly text: string }): VNode =>
  h(
    "header",
    { class: "title" },
    h("h1", null, "Not found"),
    h("p", null, h("bdi", null, shortName(text))),
    h("p", null, h("a", { href: usePaths().overview() }, "Show the overview")),
  );

interface BarProps {
  readonly view: View;
  readonly freshness: Freshness;
  readonly now: number;
}

function TopBar({ view, freshness, now }: BarProps): VNode {
  const paths = usePaths();
  const links = [
    ["overview", "Overview", paths.overview()],
    ["incidents", "Incidents", paths.incidents],
    ["probes", "Probes", paths.probes],
    ["operations", "Operations", paths.operations],
  ] as const;
  return h(
    "div",
    { class: "top" },
    h("a", { class: "skip", href: "#main" }, "Skip to the content"),
    view.kind === "public"
      ? null
      : h(
          "nav",
          { "aria-label": "Pages" },
          links.map(([kind, text, href]) =>
            h(
              "a",
              { key: kind, href, ...(view.kind === kind ? { "aria-current": "page" as const } : {}) },
              text,
            ),
          ),
        ),
    h(Connection, { view, freshness, now }),
  );
}

/** Says how current the page is, and aloud when that changes. */
function Connection({ view, freshness, now }: BarProps): VNode | null {
  const time = timeOf(view);
  // A public view may come from a cache: it says when it changed, and only that it is old when that is known.
  if (view.kind === "public" && freshness.kind !== "lost") return null;
  const clock = `${time.slice(11, 19)} UTC`;
  return h(
    "p",
    { class: `connection ${freshness.kind}`, role: "status" },
    freshness.kind === "live"
      ? "Live"
      : freshness.kind === "rendered"
        ? `As of ${clock}`
        : [
            "Connection lost. This page is old: it shows ",
            h("time", { key: "time", dateTime: time }, clock),
            // The text would be read aloud each second.
            h("span", { key: "age", "aria-hidden": "true" }, `, ${span(now - unix(time))} ago`),
          ],
  );
}

function Footer({ view, site }: Pick<AppProps, "view" | "site">): VNode {
  const paths = usePaths();
  return h(
    "footer",
    { class: "foot" },
    h("span", null, view.kind === "public" ? "heartbeat-exporter" : `heartbeat-exporter ${site.version}`),
    view.kind === "public"
      ? null
      : [
          ["Metrics", paths.metrics],
          ["Configuration", paths.config],
          ["API", paths.api],
          ["Atom feed", paths.feed],
        ].map(([text, href]) => h("a", { key: text, href, "data-native": "" }, text)),
  );
}

/** Returns the title of a document. */
export function titleOf(view: View): string {
  switch (view.kind) {
    case "overview":
      return view.data.summary;
    case "subject":
      return `${view.data.item.name.slice(0, 80)}: ${TITLE_WORDS[view.data.item.status]}`;
    case "incidents":
      return "Incidents";
    case "incident":
      return view.data.title;
    case "operations":
      return "Operations";
    case "probes":
      return "Probes";
    case "missing":
      return "Not found";
    case "public":
      return view.data.title;
  }
}

const TITLE_WORDS = { unhealthy: "down", degraded: "degraded", unknown: "unknown", healthy: "up" } as const;

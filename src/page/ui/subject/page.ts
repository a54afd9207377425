import type { AlertRule, SubjectPage as Page, ReasonCount, Setting } from "../../model/subject.ts";
import { UPTIME_WINDOWS } from "../../model/words.ts";
import { usePaths } from "../context.ts";
import { classes, Fragment, h, type VNode } from "../h.ts";
import { IncidentRows } from "../incidents/page.ts";
import { Control, ControlNotice } from "../operations/control.ts";
import { Tags, Why } from "../overview/item.ts";
import { DaysBar, dayOf, ResultsBar } from "../parts/bars.ts";
import { SubjectAnchor } from "../parts/name.ts";
import { Status, StatusShape } from "../parts/status.ts";
import { For } from "../parts/time.ts";
import { count, lines, percent, unix } from "../text.ts";
import { Charts } from "./chart.ts";
import { Facts } from "./facts.ts";
import { Probes } from "./probes.ts";
import { Timeline } from "./timeline.ts";

/** Shows everything about one subject. */
export function SubjectPage({ page }: { readonly page: Page }): VNode {
  const { item, description, modes, statuses, from, to, incidents } = page;
  const { status, since, name } = item;
  const now = unix(page.generated_at);
  return h(
    Fragment,
    null,
    h(
      "header",
      { class: `headline ${status}` },
      h(StatusShape, { status }),
      h(
        "div",
        null,
        h("h1", null, h("bdi", null, name.length > 400 ? `${name.slice(0, 400)}...` : lines(name))),
        h(
          "p",
          { class: "now" },
          h(Status, { status }),
          since === null ? null : h(For, { since }),
          h("span", { class: "item-why" }, h(Why, { item })),
        ),
        description === null ? null : h("p", null, h("bdi", null, description)),
        h("div", { class: "tags" }, h(Tags, { item })),
      ),
    ),
    h(Facts, { page }),
    h(
      "section",
      { class: "uptime" },
      h("h2", null, "Uptime"),
      h(
        "dl",
        { class: "tiles" },
        UPTIME_WINDOWS.map((window) =>
          h("div", { key: window }, h("dt", null, window), h("dd", null, percent(page.uptime[window]))),
        ),
      ),
      h(Bars, { page }),
    ),
    h(Charts, { page }),
    h(Reasons, { failures: page.failures }),
    h(Timeline, {
      now,
      title: "Failover",
      from,
      to,
      periods: modes.map(({ mode, ...rest }) => ({ word: mode, ...rest })),
    }),
    h(Timeline, {
      now,
      title: "Status",
      from,
      to,
      periods: statuses.map(({ status: word, reason, ...rest }) => ({ word, cause: reason, ...rest })),
    }),
    h(Links, { page }),
    h(
      "section",
      null,
      h("h2", null, "Incidents"),
      h(IncidentRows, { incidents, empty: "No incident is known." }),
    ),
    h(Operations, { page }),
    h(Probes, { probes: page.probes }),
    h(Alerts, { alerts: page.alerts }),
    h(Settings, { settings: page.settings }),
    page.configuration === null
      ? null
      : h(
          "section",
          null,
          h("h2", null, "Module"),
          h(
            "pre",
            { tabIndex: 0, role: "region", "aria-label": "Configuration of the module" },
            lines(page.configuration),
          ),
        ),
  );
}

/** Shows the last results and the last days. */
function Bars({ page }: { readonly page: Page }): VNode {
  const { target, days } = page.item;
  const hasResults = target !== undefined && target.results.length > 0;
  const from = daysFrom(page);
  return h(
    "div",
    { class: classes("bars", hasResults && "two") },
    hasResults
      ? h(
          "div",
          { class: "wide-bar" },
          h(ResultsBar, { results: target.results }),
          h("small", null, "Last probes"),
        )
      : null,
    h(
      "div",
      { class: "wide-bar" },
      h(DaysBar, { days, from }),
      h("small", null, h("span", null, dayOf(from)), h("span", null, "today")),
    ),
  );
}

const DAY = 86_400;

const daysFrom = ({ generated_at, item }: Page): number =>
  (Math.floor(Date.parse(generated_at) / 1000 / DAY) - Math.max(90, item.days.length) + 1) * DAY;

function Reasons({ failures }: { readonly failures: readonly ReasonCount[] }): VNode | null {
  const most = Math.max(...failures.map((one) => one.count), 1);
  if (failures.length === 0) return null;
  return h(
    "section",
    null,
    h("h2", null, "Failures by reason"),
    h(
      "ul",
      { class: "reasons" },
      failures.map(({ reason, count: n }) =>
        h(
          "li",
          { key: reason },
          h("span", null, h("bdi", null, reason)),
          h("meter", { min: 0, max: most, value: n, "aria-label": `${reason}: ${n}` }),
          h("b", null, n.toLocaleString("en")),
        ),
      ),
    ),
  );
}

function Links({ page }: { readonly page: Page }): VNode | null {
  const { members, dependents, heartbeats } = page;
  const lists = [
    ["Members", members],
    ["Depend on it", dependents],
  ] as const;
  if (members.length + dependents.length + heartbeats.length === 0) return null;
  return h(
    Fragment,
    null,
    lists.map(([title, links]) =>
      links.length === 0
        ? null
        : h(
            "section",
            { key: title },
            h("h2", null, title),
            h(
              "ul",
              { class: "links" },
              links.map(({ kind, name, status }) =>
                h(
                  "li",
                  { key: `${kind} ${name}` },
                  h(Status, { status }),
                  h(SubjectAnchor, { kind, name }),
                  h("span", { class: "tag" }, kind),
                ),
              ),
            ),
          ),
    ),
    heartbeats.length === 0
      ? null
      : h(
          "section",
          null,
          h("h2", null, "Heartbeats that its probes find"),
          h(
            "ul",
            { class: "links" },
            heartbeats.map(({ name, source }) =>
              h(
                "li",
                { key: name },
                h(SubjectAnchor, { kind: "heartbeat", name }),
                h("span", { class: "tag" }, source),
              ),
            ),
          ),
        ),
  );
}

const OPERATION_TITLES: Readonly<Record<string, string>> = {
  probe: "Probe now",
  "force-fallback": "Force fallback",
  "force-primary": "Force primary",
  release: "Release the mode",
  "begin-maintenance": "Begin maintenance",
  "end-maintenance": "End maintenance",
  "reset-action": "Reset attempts",
};

function Operations({ page }: { readonly page: Page }): VNode | null {
  const { operations } = page;
  if (operations.length === 0) return null;
  return h(
    "section",
    { class: "operations" },
    h("h2", null, "Operations"),
    h(ControlNotice, null),
    h(
      "div",
      { class: "cards" },
      operations.map(({ name, method, path, effect, parameters }) =>
        h(Control, {
          key: `${name} ${path}`,
          label: OPERATION_TITLES[name] ?? name,
          effect: lines(effect),
          command: { method, path },
          durations: parameters.includes("for")
            ? name.startsWith("force-")
              ? "optional"
              : "needed"
            : "none",
        }),
      ),
    ),
  );
}

function Alerts({ alerts }: { readonly alerts: readonly AlertRule[] }): VNode | null {
  if (alerts.length === 0) return null;
  const holding = alerts.filter(({ holds }) => holds === true);
  const others = alerts.filter(({ holds }) => holds !== true);
  return h(
    "section",
    null,
    h("h2", null, "Alerts"),
    h(
      "p",
      { class: "quiet" },
      holding.length === 0
        ? "As far as the exporter knows, no condition of its alerts holds now. Prometheus decides."
        : `${count(holding.length, "condition")} of its alerts ${holding.length === 1 ? "holds" : "hold"} now. Prometheus decides when they fire.`,
    ),
    holding.length === 0 ? null : h(AlertList, { alerts: holding }),
    others.length === 0
      ? null
      : h(
          "details",
          null,
          h("summary", null, `${count(others.length, "other alert")} that can fire for it`),
          h(AlertList, { alerts: others }),
        ),
  );
}

const AlertList = ({ alerts }: { readonly alerts: readonly AlertRule[] }): VNode => {
  const paths = usePaths();
  return h(
    "ul",
    { class: "alerts" },
    alerts.map(({ name, severity, when, for: lasting, runbook, holds }) =>
      h(
        "li",
        { key: name, class: classes(holds === true && "holds") },
        h("a", { href: paths.at(runbook), "data-native": "" }, name),
        h("span", { class: "tag" }, severity),
        holds === true ? h("span", { class: "tag" }, "holds now") : null,
        h("p", null, lasting === null ? when : `${when.replace(/\.$/, "")}, for ${lasting}.`),
      ),
    ),
  );
};

function Settings({ settings }: { readonly settings: readonly Setting[] }): VNode | null {
  if (settings.length === 0) return null;
  return h(
    "section",
    null,
    h("h2", null, "Settings"),
    h(
      "dl",
      { class: "settings" },
      settings.map(({ name, value, meaning }) =>
        h(
          "div",
          { key: name },
          h("dt", null, h("code", null, name)),
          h("dd", null, h("code", null, h("bdi", null, value)), h("p", null, meaning)),
        ),
      ),
    ),
  );
}

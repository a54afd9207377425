import type {
  ActionFacts,
  OperationsPage as Data,
  MaintenanceFacts,
  RelayFacts,
} from "../../model/operations.ts";
import { type Children, Fragment, h, type VNode } from "../h.ts";
import { Name } from "../parts/name.ts";
import { At, Until } from "../parts/time.ts";
import { count, shortName } from "../text.ts";
import { Control, ControlNotice } from "./control.ts";

/** Shows maintenance windows, relays and actions, with what an operator can do about them. */
export function OperationsPage({ data }: { readonly data: Data }): VNode {
  const { windows, relays, actions, audit, control } = data;
  return h(
    Fragment,
    null,
    h("header", { class: "title" }, h("h1", null, "Operations"), h(ControlNotice, null)),
    h(
      "section",
      null,
      h("h2", null, "Maintenance"),
      windows.length === 0
        ? h(
            "p",
            { class: "empty" },
            "There are no windows. Begin one on the page of a target, heartbeat or group.",
          )
        : h(
            "ul",
            { class: "cards" },
            windows.map((one) => h(WindowCard, { key: one.id ?? one.name, window: one })),
          ),
    ),
    h(
      "section",
      null,
      h("h2", null, "Relays"),
      relays.length === 0
        ? h("p", { class: "empty" }, "There are no relays.")
        : h(
            "ul",
            { class: "cards" },
            relays.map((one) => h(RelayCard, { key: one.name, relay: one })),
          ),
    ),
    h(
      "section",
      null,
      h("h2", null, "Actions"),
      actions.length === 0
        ? h("p", { class: "empty" }, "There are no actions.")
        : h(
            "ul",
            { class: "cards" },
            actions.map((one) => h(ActionCard, { key: one.name, action: one })),
          ),
    ),
    h(Audit, { audit }),
    h(ControlAudit, { control }),
  );
}

const WindowCard = ({ window }: { readonly window: MaintenanceFacts }): VNode => {
  const { id, name, open, until, covers } = window;
  return h(
    "li",
    { class: "card" },
    h("h3", null, h(Name, { text: name }), h("span", { class: "tag" }, open ? "open" : "closed")),
    h("p", null, h("bdi", null, covers.join(", "))),
    until === null
      ? null
      : h(
          "p",
          { class: "quiet" },
          open ? "ends " : "begins ",
          h(Until, { at: until }),
          ", ",
          h(At, { at: until }),
        ),
    id === null
      ? h("p", { class: "quiet" }, "From the configuration")
      : h(Control, {
          label: "End maintenance",
          effect: "Ends the window now. Failures alert again.",
          command: { method: "DELETE", path: `/api/v1/maintenance/${encodeURIComponent(id)}` },
        }),
  );
};

const RelayCard = ({ relay }: { readonly relay: RelayFacts }): VNode => {
  const { name, queued, dead_letters } = relay;
  return h(
    "li",
    { class: "card" },
    h("h3", null, h(Name, { text: name })),
    h("p", null, `${count(queued, "event")} queued, ${count(dead_letters, "dead letter")}`),
    dead_letters === 0
      ? null
      : h(Control, {
          label: "Replay dead letters",
          effect: `Queues ${count(dead_letters, "dead letter")} again, for delivery at once.`,
          command: { method: "POST", path: `/api/v1/relay/${encodeURIComponent(name)}/replay` },
        }),
  );
};

const ActionCard = ({ action }: { readonly action: ActionFacts }): VNode => {
  const { name, dry_run, max_attempts, targets } = action;
  return h(
    "li",
    { class: "card" },
    h("h3", null, h(Name, { text: name }), dry_run ? h("span", { class: "tag" }, "dry run") : null),
    h("p", { class: "quiet" }, `At most ${count(max_attempts, "attempt")} per target`),
    targets.length === 0
      ? h("p", null, "No target has needed it.")
      : h(
          "ul",
          null,
          targets.map(({ target, attempts, firing, exhausted, cooldown_until }) =>
            h(
              "li",
              { key: target },
              h(Name, { text: target }),
              `: ${count(attempts, "attempt")}${firing ? ", alert firing" : ""}${exhausted ? ", exhausted" : ""}`,
              cooldown_until === null
                ? null
                : [", next attempt ", h(Until, { key: "until", at: cooldown_until })],
            ),
          ),
        ),
    h(Control, {
      label: "Reset attempts",
      effect:
        "Sets the count of attempts of every target of this action to 0, so that the next alert may run it.",
      command: { method: "POST", path: `/api/v1/actions/${encodeURIComponent(name)}/reset` },
    }),
  );
};

interface TableProps {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly { readonly key: string; readonly cells: readonly Children[] }[];
}

const Table = ({ title, columns, rows }: TableProps): VNode | null =>
  rows.length === 0
    ? null
    : h(
        "section",
        null,
        h("h2", null, title),
        h(
          "div",
          { class: "scroll", tabIndex: 0, role: "region", "aria-label": title },
          h(
            "table",
            null,
            h(
              "thead",
              null,
              h(
                "tr",
                null,
                columns.map((one) => h("th", { key: one, scope: "col" }, one)),
              ),
            ),
            h(
              "tbody",
              null,
              rows.map(({ key, cells }) =>
                h(
                  "tr",
                  { key },
                  cells.map((cell, i) => h("td", { key: i }, cell)),
                ),
              ),
            ),
          ),
        ),
      );

const Audit = ({ audit }: Pick<Data, "audit">): VNode =>
  h(Table, {
    title: "Attempts of actions",
    columns: ["Time", "Action", "Target", "Result", "Detail"],
    rows: audit.map(({ number, at, action, target, result, detail }) => ({
      key: String(number),
      cells: [
        h(At, { at }),
        h(Name, { text: action }),
        h(Name, { text: target }),
        result,
        h("bdi", null, detail),
      ],
    })),
  });

const ControlAudit = ({ control }: Pick<Data, "control">): VNode =>
  h(Table, {
    title: "What operators have done",
    columns: ["Time", "Request", "Answer", "From"],
    rows: control.map(({ at, method, path, status, from }, i) => ({
      key: `${at} ${i}`,
      cells: [
        h(At, { at }),
        h("code", null, h("bdi", null, `${method} ${shortName(path)}`)),
        String(status),
        from ?? "–",
      ],
    })),
  });

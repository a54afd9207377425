import { useState } from "preact/hooks";
import type { TargetStatus } from "../../../core/status.ts";
import type { Overview } from "../../model/overview.ts";
import { STATUSES_BY_SEVERITY, SUBJECT_KINDS } from "../../model/words.ts";
import { useBrowser, usePaths } from "../context.ts";
import { h, type VNode } from "../h.ts";
import { statusWord } from "../parts/status.ts";
import { shortName } from "../text.ts";

/** The names of the filters in the query. */
const NAMES = ["text", "status", "kind", "label", "group"] as const;

/** Reports whether a query leaves something out. */
export const isFiltered = (search: string): boolean => {
  const query = new URLSearchParams(search);
  return NAMES.some((name) => query.get(name) !== null);
};

/** Returns the query that the fields of a form describe, without those that are empty. */
function queryOfForm(fields: Iterable<readonly [string, unknown]>): string {
  const query = new URLSearchParams();
  for (const [name, value] of fields) {
    if (typeof value !== "string" || value === "") continue;
    // A form cannot send a group with an empty name, which means those in none.
    query.append(name, name === "group" && value === NO_GROUP ? "" : value);
  }
  return query.toString();
}

/** Stands for the empty name in the list of groups. */
const NO_GROUP = " ";

/** Chooses what the overview shows. Without JavaScript it is a form with a button. */
export function Filter({
  overview,
  search,
}: {
  readonly overview: Overview;
  readonly search: string;
}): VNode {
  const query = new URLSearchParams(search);
  const browser = useBrowser();
  const paths = usePaths();
  const { filters } = overview;
  const [text, setText] = useState(query.get("text") ?? "");
  const apply = (form: HTMLFormElement | null): void => {
    if (form !== null) browser?.go(paths.overview(queryOfForm(new FormData(form))), { replace: true });
  };
  const onChange = (event: Event): void => apply((event.currentTarget as HTMLElement).closest("form"));
  return h(
    "form",
    {
      class: "filter",
      role: "search",
      method: "get",
      action: paths.overview(),
      onSubmit: (event: Event) => {
        if (browser === undefined) return;
        event.preventDefault();
        apply(event.currentTarget as HTMLFormElement);
      },
    },
    h(
      "label",
      null,
      h("span", null, "Search"),
      h("input", {
        type: "search",
        name: "text",
        value: text,
        maxLength: 200,
        autoComplete: "off",
        placeholder: "Name, address or label",
        onInput: (event: Event) => {
          setText((event.currentTarget as HTMLInputElement).value);
          onChange(event);
        },
      }),
    ),
    h(Choice, {
      label: "Status",
      name: "status",
      value: query.get("status") ?? "",
      options: statusOptions(query.get("status")),
      onChange,
    }),
    h(Choice, {
      label: "Kind",
      name: "kind",
      value: query.get("kind") ?? "",
      options: SUBJECT_KINDS.filter((kind) => filters.kinds.includes(kind)).map(
        (kind) => [kind, kind] as const,
      ),
      onChange,
    }),
    filters.groups.length === 0
      ? null
      : h(Choice, {
          label: "Group",
          name: "group",
          value: query.get("group") === "" ? NO_GROUP : (query.get("group") ?? ""),
          options: [
            ...filters.groups.map((name) => [name, shortName(name)] as const),
            [NO_GROUP, "in no group"],
          ],
          onChange,
        }),
    h(LabelChoice, { overview, query, onChange }),
    isFiltered(search) ? h("a", { href: paths.overview() }, "Show all") : null,
    browser === undefined ? h("button", { type: "submit" }, "Filter") : null,
  );
}

type Option = readonly [value: string, text: string];

const NOT_UP: TargetStatus[] = ["unhealthy", "degraded", "unknown"];

function statusOptions(chosen: string | null): readonly Option[] {
  const own: readonly Option[] = [
    ...STATUSES_BY_SEVERITY.map((status) => [status, statusWord(status)] as const),
    [NOT_UP.join(","), "Not up"],
  ];
  return chosen === null || chosen === "" || own.some(([value]) => value === chosen)
    ? own
    : [...own, [chosen, shortName(chosen)]];
}

interface ChoiceProps {
  readonly label: string;
  readonly name: string;
  readonly value: string;
  readonly options: readonly Option[];
  readonly onChange: (event: Event) => void;
}

const Choice = ({ label, name, value, options, onChange }: ChoiceProps): VNode =>
  h(
    "label",
    null,
    h("span", null, label),
    h(
      "select",
      { name, onChange },
      [["", "all"] as const, ...options].map(([option, text]) =>
        h("option", { key: option, value: option, selected: option === value }, text),
      ),
    ),
  );

function LabelChoice({
  overview,
  query,
  onChange,
}: {
  readonly overview: Overview;
  readonly query: URLSearchParams;
  readonly onChange: (event: Event) => void;
}): VNode | null {
  const known = Object.entries(overview.filters.labels).flatMap(([name, values]) =>
    values.map((value) => `${name}=${value}`),
  );
  const value = query.get("label") ?? "";
  if (known.length === 0 && value === "") return null;
  const all = value === "" || known.includes(value) ? known : [...known, value];
  return h(Choice, {
    label: "Label",
    name: "label",
    value,
    options: all.map((one) => [one, shortName(one)] as const),
    onChange,
  });
}

import type { Overview, OverviewItem, OverviewSection } from "../../model/overview.ts";
import { useBrowser, usePaths } from "../context.ts";
import { Fragment, h, type VNode } from "../h.ts";
import { Name } from "../parts/name.ts";
import { Counts, StatusShape } from "../parts/status.ts";
import { count, shortName } from "../text.ts";
import { Filter, isFiltered } from "./filter.ts";
import { Item, type Scale } from "./item.ts";

const NOTHING = "Nothing is configured yet. Probes of other addresses, by /probe, are listed under Probes.";

interface Props {
  readonly overview: Overview;
  readonly search: string;
}

/** Shows everything, the worst first. */
export function OverviewPage({ overview, search }: Props): VNode {
  const { status, summary, counts, sections, total, leader, items, offset } = overview;
  const filtered = isFiltered(search);
  const scale = { daysFrom: overview.days_from };
  const isWhole = offset === 0 && items.length === total && !filtered;
  const hasSections = isWhole && sections.some(({ group }) => group !== null);
  return h(
    Fragment,
    null,
    h(
      "header",
      { class: `headline ${status}` },
      h(StatusShape, { status }),
      h("div", null, h("h1", null, h("bdi", null, summary)), h(Counts, { counts })),
    ),
    leader === undefined
      ? null
      : h(
          "p",
          { class: "notice" },
          "Another replica leads (",
          h(Name, { text: leader }),
          ") and sends the prompts. This one shows what it knows.",
        ),
    h(Filter, { overview, search }),
    hasSections || !sections.some(({ group }) => group !== null) ? null : h(GroupStrip, { sections }),
    hasSections
      ? sections.map((section) =>
          h(Section, { key: section.group ?? "", section, items: itemsIn(section, items), scale }),
        )
      : h(
          "section",
          { "aria-label": "Items" },
          total === 0
            ? h("p", { class: "empty" }, filtered ? "Nothing matches this filter." : NOTHING)
            : h(
                "ul",
                { class: "items" },
                items.map((item) => h(Item, { key: keyOf(item), item, scale })),
              ),
        ),
    h(Parts, { overview, search }),
  );
}

const keyOf = ({ kind, name }: OverviewItem): string => `${kind} ${name}`;

const itemsIn = ({ group }: OverviewSection, items: readonly OverviewItem[]): readonly OverviewItem[] =>
  items.filter(({ groups }) => (group === null ? groups.length === 0 : groups.includes(group)));

interface SectionProps {
  readonly section: OverviewSection;
  readonly items: readonly OverviewItem[];
  readonly scale: Scale;
}

function Section({ section, items, scale }: SectionProps): VNode {
  const { group, description, status, counts } = section;
  return h(
    "section",
    { class: "group" },
    h(
      "header",
      null,
      h(
        "h2",
        null,
        h(StatusShape, { status }),
        group === null
          ? "In no group"
          : h("a", { href: usePaths().subject("group", group) }, h(Name, { text: group })),
      ),
      h(Counts, { counts }),
      description === null ? null : h("p", null, h("bdi", null, description)),
    ),
    items.length === 0
      ? h("p", { class: "empty" }, "Its members are groups.")
      : h(
          "ul",
          { class: "items" },
          items.map((item) => h(Item, { key: keyOf(item), item, scale })),
        ),
  );
}

/** Shows the groups on one line each, when there are too many items for sections. */
const GroupStrip = ({ sections }: { readonly sections: readonly OverviewSection[] }): VNode => {
  const paths = usePaths();
  return h(
    "nav",
    { class: "strip", "aria-label": "Groups" },
    sections.map(({ group, status, counts }) =>
      h(
        "a",
        { key: group ?? "", href: paths.overview(new URLSearchParams({ group: group ?? "" }).toString()) },
        h(StatusShape, { status }),
        h("bdi", null, group === null ? "in no group" : shortName(group)),
        h(Counts, { counts }),
      ),
    ),
  );
};

/** Leads to the other parts of a long list. */
function Parts({ overview, search }: Props): VNode | null {
  const { total, offset, limit, items } = overview;
  const paths = usePaths();
  const browser = useBrowser();
  const shown = offset + items.length;
  if (total === 0 || (offset === 0 && shown >= total)) return null;
  const at = (next: number): string => {
    const query = new URLSearchParams(search);
    if (next === 0) query.delete("offset");
    else query.set("offset", String(next));
    return paths.overview(query.toString());
  };
  return h(
    "nav",
    { class: "parts", "aria-label": "Parts of the list" },
    h(
      "span",
      null,
      `${(offset + 1).toLocaleString("en")} to ${shown.toLocaleString("en")} of ${count(total, "item")}`,
    ),
    offset === 0 ? null : h("a", { href: at(Math.max(0, offset - limit)) }, "Previous"),
    shown >= total
      ? null
      : browser === undefined
        ? h("a", { href: at(shown) }, "Next")
        : h("button", { type: "button", class: "more", onClick: browser.more }, "Show more"),
  );
}

import type { HeartbeatFacts, OverviewItem, TargetFacts } from "../../model/overview.ts";
import type { SubjectPage } from "../../model/subject.ts";
import { type Children, h, type VNode } from "../h.ts";
import { budgetText } from "../overview/item.ts";
import { SubjectAnchor } from "../parts/name.ts";
import { Counts } from "../parts/status.ts";
import { Ago, For, Until } from "../parts/time.ts";
import { duration, shortName, span } from "../text.ts";

type Fact = readonly [title: string, value: Children];

const fact = (title: string, value: Children): readonly Fact[] => (value == null ? [] : [[title, value]]);

/** Lists what is known of a subject now. */
export function Facts({ page }: { readonly page: SubjectPage }): VNode {
  const { item } = page;
  const facts: readonly Fact[] = [
    ...(item.target === undefined ? [] : targetFacts(item, item.target)),
    ...(item.heartbeat === undefined ? [] : heartbeatFacts(item.heartbeat)),
    ...(item.target === undefined && item.heartbeat === undefined
      ? fact("last report", item.last_success === null ? "unknown" : h(Ago, { at: item.last_success }))
      : []),
    ...fact("members", item.members === undefined ? null : h(Counts, { counts: item.members })),
    ...fact(
      "depends on",
      item.depends_on === undefined ? null : h("bdi", null, shortName(item.depends_on.join(", "))),
    ),
    ...fact(
      "groups",
      item.groups.length === 0
        ? null
        : item.groups.flatMap((name, i) => [
            i === 0 ? "" : ", ",
            h(SubjectAnchor, { key: name, kind: "group", name }),
          ]),
    ),
  ];
  return h(
    "dl",
    { class: "facts" },
    facts.map(([title, value]) => h("div", { key: title }, h("dt", null, title), h("dd", null, value))),
  );
}

function targetFacts(item: OverviewItem, target: TargetFacts): readonly Fact[] {
  const { address, mode, mode_since, forced, last_probe, last_duration, next_probe, budget_left } = target;
  return [
    ...fact("address", h("bdi", null, shortName(address))),
    ...fact(
      "mode",
      mode === null
        ? null
        : [
            forced ? `${mode}, forced ` : `${mode} `,
            mode_since === null ? null : h(For, { key: "since", since: mode_since }),
          ],
    ),
    ...fact(
      "last probe",
      last_probe === null
        ? "none yet"
        : [
            h(Ago, { key: "at", at: last_probe }),
            last_duration === null ? "" : `, ${duration(last_duration)}`,
          ],
    ),
    ...fact("last success", item.last_success === null ? "none yet" : h(Ago, { at: item.last_success })),
    ...fact("next probe", next_probe === null ? "when Prometheus asks" : h(Until, { at: next_probe })),
    ...fact("failures in a row", String(target.consecutive_failures)),
    ...fact("budget left", budget_left === null ? null : budgetText(budget_left)),
  ];
}

function heartbeatFacts(heartbeat: HeartbeatFacts): readonly Fact[] {
  const { last_seen, timeout_seconds, schedule, next_expected, running_since, hostname, owner, target } =
    heartbeat;
  return [
    ...fact("last seen", last_seen === null ? "never" : h(Ago, { at: last_seen })),
    ...fact(schedule === null ? "timeout" : "grace", span(timeout_seconds)),
    ...fact("schedule", schedule === null ? null : h("bdi", null, shortName(schedule))),
    ...fact("next expected", next_expected === null ? null : h(Until, { at: next_expected })),
    ...fact("running", running_since === null ? null : h(For, { since: running_since })),
    ...fact("host", hostname === null ? null : h("bdi", null, shortName(hostname))),
    ...fact("owner", owner === null ? null : h("bdi", null, shortName(owner))),
    ...fact("found by", target === null ? null : h(SubjectAnchor, { kind: "target", name: target })),
  ];
}

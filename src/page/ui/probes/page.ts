import type { ProbeList } from "../../model/probes.ts";
import type { RecentProbe } from "../../model/subject.ts";
import { Fragment, h, type VNode } from "../h.ts";
import { ProbeRows } from "../subject/probes.ts";

/** Shows the recent probes of all targets, also of addresses that are not configured. */
export function ProbesPage({ list }: { readonly list: ProbeList }): VNode {
  const probes = list.probes.map(
    ({ duration_seconds, target, module, ...probe }): RecentProbe => ({
      ...probe,
      duration: duration_seconds,
      detail: `${target} (${module})`,
    }),
  );
  return h(
    Fragment,
    null,
    h(
      "header",
      { class: "title" },
      h("h1", null, "Probes"),
      h("p", { class: "quiet" }, "The newest probes whose logs are kept, and failed ones for longer."),
    ),
    probes.length === 0
      ? h(
          "p",
          { class: "empty" },
          "No probe yet. Configure targets, or probe any address with /probe?target=ADDRESS&module=NAME.",
        )
      : h(ProbeRows, { probes }),
  );
}

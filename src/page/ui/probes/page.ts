import type { RecentProbe } from "../../model/subject.ts";
import { Fragment, h, type VNode } from "../h.ts";
import { Probes } from "../subject/probes.ts";

/** A recent probe with what it probed: an item of `GET /api/v1/probes`. */
export interface ListedProbe {
  readonly id: number;
  /** The name of a target, or the address of a request to `/probe`. */
  readonly target: string;
  readonly module: string;
  readonly started_at: string;
  readonly ok: boolean;
  readonly reason: string | null;
  readonly duration_seconds: number;
}

/** The data of the page of probes. */
export interface ProbeList {
  readonly probes: readonly ListedProbe[];
}

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
      : h(Probes, { probes }),
  );
}

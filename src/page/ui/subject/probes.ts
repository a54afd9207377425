import { useState } from "preact/hooks";
import type { RecentProbe } from "../../model/subject.ts";
import { useBrowser, usePaths } from "../context.ts";
import { Fragment, h, type VNode } from "../h.ts";
import { StatusShape } from "../parts/status.ts";
import { duration, lines, shortName } from "../text.ts";

/** Lists recent probes, each with its log. */
export function Probes({ probes }: { readonly probes: readonly RecentProbe[] }): VNode | null {
  if (probes.length === 0) return null;
  return h(
    "section",
    null,
    h("h2", null, "Recent probes"),
    h(
      "ol",
      { class: "probes" },
      probes.map((probe) => h(ProbeRow, { key: probe.id, probe })),
    ),
  );
}

function ProbeRow({ probe }: { readonly probe: RecentProbe }): VNode {
  const { id, started_at, ok, reason, detail } = probe;
  const browser = useBrowser();
  const path = usePaths().log(id);
  const [log, setLog] = useState<string | undefined>(undefined);
  const open = async (event: Event): Promise<void> => {
    if (browser === undefined) return;
    event.preventDefault();
    setLog(log === undefined ? await browser.read(path) : undefined);
  };
  return h(
    "li",
    null,
    h(
      "div",
      { class: "probe" },
      h(StatusShape, { status: ok ? "healthy" : "unhealthy" }),
      h("time", { dateTime: started_at, title: started_at }, `${started_at.slice(11, 19)} UTC`),
      h("b", null, ok ? "success" : h("bdi", null, shortName(reason ?? "failure"))),
      h("span", null, duration(probe.duration)),
      h(
        "a",
        {
          href: path,
          "data-native": "",
          onClick: (event: Event) => void open(event),
          ...(browser === undefined ? {} : { "aria-expanded": log !== undefined, role: "button" as const }),
        },
        log === undefined ? "Log" : "Hide log",
      ),
      detail === null ? null : h("span", { class: "detail" }, h("bdi", null, detail)),
    ),
    log === undefined
      ? h(Fragment, null)
      : h("pre", { tabIndex: 0, role: "region", "aria-label": "Log of the probe" }, lines(log)),
  );
}

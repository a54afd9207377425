import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { SubjectPage } from "../../model/subject.ts";
import { CHART_WINDOWS } from "../../model/words.ts";
import { type DrawnChart, useBrowser } from "../context.ts";
import { Fragment, h, type VNode } from "../h.ts";
import { gridOf, type Picture, picturesOf } from "./chart-lines.ts";
import { Legend, StaticChart } from "./static-chart.ts";

/** Shows the charts of a subject, and lets people choose their window. */
export function Charts({ page }: { readonly page: SubjectPage }): VNode | null {
  const { chart, window } = page;
  if (chart === null) return null;
  const pictures = picturesOf(chart);
  return h(
    "section",
    { class: "charts" },
    h(
      "header",
      null,
      h("h2", null, "History"),
      h(
        "nav",
        { class: "windows", "aria-label": "Window of the charts" },
        CHART_WINDOWS.map((one) =>
          h(
            "a",
            {
              key: one,
              href: `?window=${one}`,
              ...(one === window ? { "aria-current": "true" as const } : {}),
            },
            one,
          ),
        ),
      ),
    ),
    pictures.length === 0
      ? h("p", { class: "empty" }, "No probes are known in this window.")
      : pictures.map((picture) => h(Drawing, { key: `${picture.title} ${window}`, page, picture })),
  );
}

/** Draws one picture. In a browser, uPlot replaces the static one once it is loaded. */
function Drawing({ page, picture }: { readonly page: SubjectPage; readonly picture: Picture }): VNode {
  const { chart, from, to } = page;
  const browser = useBrowser();
  const place = useRef<HTMLDivElement>(null);
  const drawn = useRef<DrawnChart | undefined>(undefined);
  const [isDrawn, setDrawn] = useState(false);
  const newest = useRef({ page, picture });
  newest.current = { page, picture };
  const grid = useMemo(
    () => (chart === null ? { times: [], failures: [], values: [] } : gridOf(chart, picture, from, to)),
    [page, picture],
  );
  useEffect(() => {
    if (browser === undefined) return;
    let isGone = false;
    const replace = async (): Promise<void> => {
      const { draw } = await browser.charts();
      if (isGone || place.current === null) return;
      drawn.current = draw(place.current, newest.current.page, newest.current.picture);
      setDrawn(true);
    };
    // Without what draws it, the static chart stays.
    void replace().catch(() => undefined);
    return () => {
      isGone = true;
      drawn.current?.remove();
      drawn.current = undefined;
    };
  }, [browser]);
  useEffect(() => drawn.current?.update(page, picture), [page]);
  return h(
    Fragment,
    null,
    h("h3", null, picture.title),
    h("div", { class: "chart", ref: place, hidden: !isDrawn }),
    isDrawn ? null : h(StaticChart, { grid, picture }),
    h(Legend, { grid, picture, hasNames: isDrawn }),
  );
}

import type { TargetStatus } from "../../../core/status.ts";
import type { StatusCounts } from "../../model/words.ts";
import { STATUSES_BY_SEVERITY } from "../../model/words.ts";
import { classes, h, type VNode } from "../h.ts";

/** Words for statuses: what people say of them. */
const WORDS = {
  unhealthy: "Down",
  degraded: "Degraded",
  unknown: "Unknown",
  healthy: "Up",
} as const satisfies Record<TargetStatus, string>;

/** Outlines and signs, so that no two statuses have the same shape: octagon, triangle, dashed ring, disc. */
const SHAPES = {
  unhealthy: ["M5.3 1h5.4L15 5.3v5.4L10.7 15H5.3L1 10.7V5.3z", "M5.3 5.3l5.4 5.4M10.7 5.3l-5.4 5.4"],
  degraded: ["M8 1.2 15.4 14.5H.6z", "M8 5.8v4.2M8 12v.6"],
  unknown: ["M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1z", "M6.1 6.3a2 2 0 1 1 2.9 1.8c-.7.4-1 .8-1 1.6M8 11.7v.6"],
  healthy: ["M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1z", "M4.9 8.2l2.2 2.2 4-4.4"],
} as const satisfies Record<TargetStatus, readonly [outline: string, sign: string]>;

/** Returns the word of a status. */
export const statusWord = (status: TargetStatus): string => WORDS[status];

/** Draws the shape of a status, which says nothing to screen readers: its word stands beside it. */
export function StatusShape({ status }: { readonly status: TargetStatus }): VNode {
  const [outline, sign] = SHAPES[status];
  return h(
    "svg",
    { class: classes("shape", status), viewBox: "0 0 16 16", "aria-hidden": "true" },
    h("path", { class: "outline", d: outline }),
    h("path", { class: "sign", d: sign }),
  );
}

/** Shows a status by color, shape and word. */
export const Status = ({ status, word }: { readonly status: TargetStatus; readonly word?: string }): VNode =>
  h(
    "span",
    { class: classes("status", status) },
    h(StatusShape, { status }),
    h("span", null, word ?? WORDS[status]),
  );

/** Shows how many are in each status, the worst first, without zeros. */
export const Counts = ({ counts }: { readonly counts: StatusCounts }): VNode =>
  h(
    "span",
    { class: "counts" },
    STATUSES_BY_SEVERITY.filter((status) => counts[status] > 0).map((status) =>
      h(Status, {
        key: status,
        status,
        word: `${counts[status].toLocaleString("en")} ${WORDS[status].toLowerCase()}`,
      }),
    ),
  );

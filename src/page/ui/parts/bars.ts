import { useState } from "preact/hooks";
import type { DayBar, ResultMark } from "../../model/bars.ts";
import { DAYS_SHOWN, RESULTS_SHOWN } from "../../model/bars.ts";
import { useBrowser } from "../context.ts";
import { classes, h, type VNode } from "../h.ts";
import { count, duration, jsonTime, minuteOf, percent } from "../text.ts";

/** Looks of slots. Each has a height of its own, so that color is not the only sign. */
const SLOT_KINDS = ["none", "ok", "some", "bad"] as const;
type SlotKind = (typeof SLOT_KINDS)[number];

const HEIGHT = 24;
const HEIGHTS = { none: 4, ok: 15, some: 20, bad: 24 } as const satisfies Record<SlotKind, number>;

/** Width of a slot. The style divides lines into dashes of it, so that a run of equal slots is one line. */
const SLOT = 10;

interface Slot {
  readonly kind: SlotKind;
  /** What it shows, in words. */
  readonly text: string;
}

/** Draws slots with one path for each kind, because thousands of elements would take the browser longer than all else. */
function Slots({ slots, label }: { readonly slots: readonly Slot[]; readonly label: string }): VNode {
  const [chosen, choose] = useState<number | undefined>(undefined);
  const isLive = useBrowser() !== undefined;
  const pathOf = (kind: SlotKind): string =>
    slots
      .map((slot, i) => {
        if (slot.kind !== kind || slots[i - 1]?.kind === kind) return "";
        const end = slots.findIndex((other, j) => j > i && other.kind !== kind);
        const length = (end === -1 ? slots.length : end) - i;
        return `M${i * SLOT} ${HEIGHT - HEIGHTS[kind] / 2}h${length * SLOT}`;
      })
      .join("");
  const handlers = isLive
    ? {
        onPointerMove: (event: PointerEvent) => {
          const { left, width } = (event.currentTarget as Element).getBoundingClientRect();
          const at = Math.floor(((event.clientX - left) / width) * slots.length);
          choose(Math.max(0, Math.min(slots.length - 1, at)));
        },
        onPointerLeave: () => choose(undefined),
      }
    : {};
  const tip = chosen === undefined ? undefined : slots[chosen];
  return h(
    "span",
    { class: "slots", ...handlers },
    h(
      "svg",
      {
        viewBox: `0 0 ${slots.length * SLOT} ${HEIGHT}`,
        preserveAspectRatio: "none",
        role: "img",
        "aria-label": label,
      },
      SLOT_KINDS.map((kind) => {
        const d = pathOf(kind);
        return d === "" ? null : h("path", { key: kind, class: kind, d, "stroke-width": HEIGHTS[kind] });
      }),
    ),
    tip === undefined
      ? null
      : h(
          "span",
          { class: classes("tip", (chosen ?? 0) * 2 > slots.length && "end"), "aria-hidden": "true" },
          tip.text,
        ),
  );
}

/** Shows the last results of a target, the newest at the right. */
export function ResultsBar({ results }: { readonly results: readonly ResultMark[] }): VNode {
  const slots = results.map(({ at, ok, reason, seconds }): Slot => {
    const when = `${jsonTime(at).slice(11, 19)} UTC`;
    return ok
      ? { kind: "ok", text: `${when}: success, ${duration(seconds)}` }
      : { kind: "bad", text: `${when}: ${reason ?? "failure"}, ${duration(seconds)}` };
  });
  const empty: Slot = { kind: "none", text: "no probe yet" };
  const padding = Array.from({ length: Math.max(0, RESULTS_SHOWN - slots.length) }, () => empty);
  const failed = results.filter(({ ok }) => !ok).length;
  const label =
    results.length === 0
      ? "No probes yet"
      : `The last ${count(results.length, "probe")}: ${failed === 0 ? "none" : failed} failed`;
  return h(Slots, { slots: [...padding, ...slots], label });
}

/** Uptime of a day below which its bar is the highest. */
const BAD_DAY = 0.95;

/** Shows the uptime of each of the last days, grey where nothing is known. */
export function DaysBar({ days, from }: { readonly days: DayBar; readonly from: number }): VNode {
  const padded = [...Array.from({ length: Math.max(0, DAYS_SHOWN - days.length) }, () => null), ...days];
  const slots = padded.map((uptime, i): Slot => {
    const day = jsonTime(from + i * 86_400).slice(0, 10);
    if (uptime === null) return { kind: "none", text: `${day}: nothing is known` };
    return {
      kind: uptime === 1 ? "ok" : uptime < BAD_DAY ? "bad" : "some",
      text: `${day}: ${percent(uptime)}`,
    };
  });
  const known = days.filter((uptime) => uptime !== null);
  const imperfect = known.filter((uptime) => uptime < 1).length;
  const label =
    known.length === 0
      ? "Last 90 days: nothing is known"
      : `Last 90 days: ${known.length} known, ${imperfect} of them below 100 %`;
  return h(Slots, { slots, label });
}

/** Returns the mean uptime of the days that are known; `null` without any. */
export function uptimeOf(days: DayBar): number | null {
  const known = days.filter((uptime) => uptime !== null);
  return known.length === 0 ? null : known.reduce((sum, uptime) => sum + uptime, 0) / known.length;
}

/** Returns the time of a slot for a caption. */
export const dayOf = (from: number): string => minuteOf(jsonTime(from)).slice(0, 10);

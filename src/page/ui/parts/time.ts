import type { JsonTime } from "../../model/words.ts";
import { useNow } from "../context.ts";
import { h, type VNode } from "../h.ts";
import { minuteOf, span, stretch, unix } from "../text.ts";

/** Shows how long ago a time was: `12 s ago`. */
export function Ago({ at }: { readonly at: JsonTime }): VNode {
  const passed = useNow() - unix(at);
  return h("time", { dateTime: at, title: at }, passed < 1 ? "now" : `${span(passed)} ago`);
}

/** Shows how long something has lasted: `for 12 min`. */
export function For({ since }: { readonly since: JsonTime }): VNode {
  return h("time", { dateTime: since, title: since }, `for ${span(useNow() - unix(since))}`);
}

/** Shows when something is expected: `in 12 s`, or how late it is. */
export function Until({ at }: { readonly at: JsonTime }): VNode {
  const left = unix(at) - useNow();
  const text = left >= 1 ? `in ${span(left)}` : left > -2 ? "now" : `${span(-left)} late`;
  return h("time", { dateTime: at, title: at }, text);
}

/** Shows from when to when something was. */
export const Stretch = ({ from, to }: { readonly from: JsonTime; readonly to: JsonTime | null }): VNode =>
  h("time", { dateTime: from, title: `${from} – ${to ?? "now"}` }, stretch(from, to));

/** Shows a time in UTC. */
export const At = ({ at }: { readonly at: JsonTime }): VNode =>
  h("time", { dateTime: at, title: at }, minuteOf(at));

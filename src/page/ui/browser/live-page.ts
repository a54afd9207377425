import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { App, type Freshness, titleOf } from "../app.ts";
import type { Browser } from "../context.ts";
import { h, type VNode } from "../h.ts";
import { unix } from "../text.ts";
import { type Site, timeOf, type View } from "../view.ts";
import { createSender } from "./control.ts";
import { fetchMore, fetchText, fetchView } from "./data.ts";
import { createLive } from "./live.ts";
import { followLinks } from "./navigation.ts";
import { usePlace } from "./place.ts";

/** Shows a page, keeps it current, and lets people act. */
export function LivePage({ view: first, site }: { readonly view: View; readonly site: Site }): VNode {
  const [view, setView] = useState(first);
  const [freshness, setFreshness] = useState<Freshness>({ kind: "rendered" });
  const [isReady, setReady] = useState(false);
  const current = useRef(view);
  current.current = view;
  const show = (next: View): void => {
    current.current = next;
    setView(next);
  };
  const place = usePlace();
  const live = useMemo(
    () =>
      createLive(site, {
        refresh: async () => {
          const [at, before] = [location.href, current.current];
          const next = await fetchView(site, before);
          // The person went elsewhere in the meantime, or has loaded more.
          if (at !== location.href || before !== current.current || next === undefined) return;
          place.note();
          show(next);
        },
        onFreshness: setFreshness,
      }),
    [],
  );
  const goTo = useMemo(() => createGoing(site, show, () => live.refresh()), []);
  const browser = useMemo((): Browser => {
    const showMore = async (): Promise<void> => {
      const at = location.href;
      const next = await fetchMore(site, current.current).catch(() => undefined);
      if (next !== undefined && at === location.href) show(next);
    };
    return {
      go: (path, options) => void goTo(path, options?.replace === true ? "replace" : "push"),
      more: () => void showMore(),
      charts: () => import("./chart.ts"),
      read: (path) => fetchText(path),
      send: createSender(site, () => live.refresh()),
    };
  }, []);
  useEffect(() => {
    // The first rendering is that of the server; what needs a browser comes after it.
    setReady(true);
    const stopLinks = followLinks(site, (path, how) => void goTo(path, how));
    // A public view is for many people and cached: it is not followed by a stream.
    const stopLive = live.start(first.kind === "public" ? "poll" : "stream");
    return () => {
      stopLinks();
      stopLive();
    };
  }, []);
  useEffect(() => {
    document.title = titleOf(view);
  }, [view]);
  const now = useClock(view);
  return h(App, { view, site, now, freshness, ...(isReady ? { browser } : {}) });
}

/** Returns what shows another address. The newest call wins. */
function createGoing(site: Site, show: (view: View) => void, onFailure: () => void) {
  let newest = 0;
  return async (path: string, how: "push" | "replace" | "back"): Promise<void> => {
    newest += 1;
    const own = newest;
    if (how === "replace") history.replaceState(null, "", path);
    const next = await fetchView(site, new URL(path, location.href)).catch(() => undefined);
    if (own !== newest) return;
    if (next === undefined) {
      // What the browser cannot show by itself, the server can.
      if (how === "push") location.assign(path);
      else onFailure();
      return;
    }
    if (how === "push") {
      history.replaceState({ scroll: scrollY }, "");
      history.pushState(null, "", path);
    }
    show(next);
    if (how === "push") {
      scrollTo(0, 0);
      document.querySelector<HTMLElement>("#main")?.focus({ preventScroll: true });
    }
    if (how === "back") scrollTo(0, (history.state as { scroll?: number } | null)?.scroll ?? 0);
  };
}

const TICK_MS = 1000;

/** Returns the time of the exporter, which runs on from that of the newest data. */
function useClock(view: View): number {
  const time = unix(timeOf(view));
  const start = useRef({ time, at: performance.now() });
  if (start.current.time !== time) start.current = { time, at: performance.now() };
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) tick((n) => n + 1);
    }, TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return time + Math.floor((performance.now() - start.current.at) / 1000);
}

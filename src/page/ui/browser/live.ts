import type { Freshness } from "../app.ts";
import type { Site } from "../view.ts";

/** What a page does when something changes. */
export interface LiveDeps {
  /** Reads and shows the newest data; rejects if it cannot. */
  readonly refresh: () => Promise<void>;
  readonly onFreshness: (freshness: Freshness) => void;
}

/** A page that is kept current. */
export interface Live {
  /** Starts, by events and by asking, or by asking alone. Returns what stops it. */
  start(how: "stream" | "poll"): () => void;
  /** Reads the newest data soon. */
  refresh(): void;
}

/** Events that change what pages show. Results of probes are no events: pages ask for them. */
const TYPES =
  "mode,health,status,force,overdue,heartbeat.offline,heartbeat.online,group,component,reload".split(",");

/** Delay, in ms, that joins the events of one moment. */
const SOON_MS = 100;

/** Pause between two readings without an event. A slow exporter is asked less often: reading takes at most 2% of its time. */
const PAUSE_MS = { stream: 5000, poll: 30_000 } as const;
const SHARE = 50;

/** Pause after a reading that failed. */
const RETRY_MS = 1500;

/** Creates what keeps a page current. */
export function createLive(site: Site, { refresh, onFreshness }: LiveDeps): Live {
  let pause: number = PAUSE_MS.stream;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let reading = false;
  let again = false;
  let isLost = false;
  let isStopped = false;

  const schedule = (ms: number): void => {
    clearTimeout(timer);
    if (!isStopped) timer = setTimeout(() => void read(), ms);
  };
  const read = async (): Promise<void> => {
    if (reading) {
      again = true;
      return;
    }
    // A page that nobody sees costs the exporter nothing; it is read when it is seen again.
    if (document.hidden) return;
    reading = true;
    again = false;
    const began = performance.now();
    try {
      await refresh();
      isLost = false;
      onFreshness({ kind: "live" });
      const spent = (performance.now() - began) * SHARE;
      schedule(again ? SOON_MS : Math.max(pause, spent));
    } catch {
      if (!isLost) onFreshness({ kind: "lost", since: Date.now() / 1000 });
      isLost = true;
      schedule(RETRY_MS);
    } finally {
      reading = false;
    }
  };
  const soon = (): void => schedule(SOON_MS);

  return {
    start(how) {
      pause = PAUSE_MS[how];
      const stopStream = how === "stream" ? follow(site, soon) : () => undefined;
      const onVisible = (): void => {
        if (!document.hidden) soon();
      };
      document.addEventListener("visibilitychange", onVisible);
      addEventListener("online", soon);
      if (how === "stream") soon();
      else schedule(pause);
      return () => {
        isStopped = true;
        clearTimeout(timer);
        stopStream();
        document.removeEventListener("visibilitychange", onVisible);
        removeEventListener("online", soon);
      };
    },
    refresh: soon,
  };
}

const MOST_RECONNECT_MS = 5000;

/** Follows the event stream, also across restarts of the exporter. Returns what ends it. */
function follow({ base }: Site, onChange: () => void): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let delay = 500;
  const connect = (): void => {
    source = new EventSource(`${base}/api/v1/events?snapshot=none&type=${TYPES.join(",")}`);
    source.addEventListener("open", () => {
      delay = 500;
      onChange();
    });
    for (const type of [...TYPES, "snapshot"]) source.addEventListener(type, onChange);
    source.addEventListener("error", () => {
      onChange();
      // An answer other than 200, such as that of an exporter that starts, ends an EventSource for good.
      if (source?.readyState !== EventSource.CLOSED) return;
      timer = setTimeout(connect, delay);
      delay = Math.min(MOST_RECONNECT_MS, delay * 2);
    });
  };
  connect();
  return () => {
    clearTimeout(timer);
    source?.close();
  };
}

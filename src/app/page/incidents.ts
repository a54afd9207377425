import type { History, PastEvent } from "../../core/history.ts";
import { createIncidentLog, INCIDENT_EVENTS, type IncidentLog } from "../../page/incidents/log.ts";

/** Most events that are read at once. */
const PER_QUERY = 2000;

/**
 * Returns a function that resolves to the incidents of the history. The first call reads the history, in parts; from then on events
 * are taken in as they are recorded, so that no request reads the history again.
 */
export function createIncidents(history: Pick<History, "events" | "subscribe">): () => Promise<IncidentLog> {
  let loading: Promise<IncidentLog> | undefined;
  return () => {
    loading ??= load(history).catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    return loading;
  };
}

async function load(history: Pick<History, "events" | "subscribe">): Promise<IncidentLog> {
  const log = createIncidentLog();
  const kinds = new Set<PastEvent["kind"]>(INCIDENT_EVENTS);
  let waiting: PastEvent[] | undefined = [];
  const stop = history.subscribe((event) => {
    if (!kinds.has(event.kind)) return;
    if (waiting === undefined) log.add(event);
    else waiting.push(event);
  });
  try {
    for (let after = 0; ; ) {
      const events = await history.events({ after, kinds: INCIDENT_EVENTS, limit: PER_QUERY });
      for (const event of events) log.add(event);
      const last = events.at(-1);
      if (last === undefined || events.length < PER_QUERY) break;
      after = last.id;
    }
  } catch (error) {
    stop();
    throw error;
  }
  // Those that the last query has returned as well are ignored by their numbers.
  for (const event of waiting) log.add(event);
  waiting = undefined;
  return log;
}

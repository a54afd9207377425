import type { Incident, IncidentList } from "../../model/incident.ts";
import type { OperationsPage } from "../../model/operations.ts";
import type { Overview } from "../../model/overview.ts";
import type { PublicView } from "../../model/public-view.ts";
import type { SubjectPage } from "../../model/subject.ts";
import { dataPath } from "../paths.ts";
import type { ProbeList } from "../probes/page.ts";
import { jsonTime } from "../text.ts";
import type { Site, View } from "../view.ts";

/** Longest wait for data. */
const TIMEOUT_MS = 10_000;

/** The error of a subject or an incident that is not there, or no longer. */
class NotFoundError extends Error {
  override readonly name = "NotFoundError";
}

/** Reads JSON of the exporter; rejects unless the answer is 200. */
async function fetchJson(path: string): Promise<{ readonly data: unknown; readonly at: string }> {
  const response = await fetch(path, {
    headers: { Accept: "application/json" },
    cache: "no-cache",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (response.status === 404) throw new NotFoundError(path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  const date = Date.parse(response.headers.get("Date") ?? "");
  return { data: await response.json(), at: jsonTime((Number.isNaN(date) ? Date.now() : date) / 1000) };
}

/** Reads a text of the exporter; resolves to the reason if it cannot. */
export async function fetchText(path: string): Promise<string> {
  try {
    const response = await fetch(path, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    return await response.text();
  } catch {
    return "The exporter does not answer.";
  }
}

/**
 * Reads the newest data of a page.
 * @param from a view, to read it again, or the address of another page
 * @returns `undefined` if the address is no page that the browser can show
 */
export async function fetchView(site: Site, from: View | URL): Promise<View | undefined> {
  if (!(from instanceof URL) && from.kind === "public") {
    const { data, at } = await fetchJson(`${location.pathname}.json`);
    return { ...from, data: data as PublicView, at };
  }
  const { pathname, search } = from instanceof URL ? from : location;
  const path = dataPath(site.base, pathname, withShown(search, from));
  if (path === undefined) return undefined;
  const answer = await fetchJson(path).catch((error: unknown) => {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  });
  if (answer === undefined) return { kind: "missing", text: MISSING, at: jsonTime(Date.now() / 1000) };
  const { data, at } = answer;
  return viewOf(path.slice(`${site.base}/api/v1/`.length), search, data, at);
}

const MISSING = "The exporter does not know it, or no longer.";

/** Asks for all items that are shown already, if a person has loaded more than one part. */
function withShown(search: string, from: View | URL): string {
  if (from instanceof URL || from.kind !== "overview") return search;
  const { items, limit } = from.data;
  if (items.length <= limit) return search;
  const query = new URLSearchParams(search);
  query.set("limit", String(Math.min(MOST_ITEMS, items.length)));
  return `?${query.toString()}`;
}

/** Most items that the exporter sends at once. */
const MOST_ITEMS = 500;

function viewOf(path: string, search: string, data: unknown, at: string): View {
  const query = search.replace(/^\?/, "");
  const [folder, rest] = path.split("?", 1)[0]?.split("/", 2) ?? [];
  if (folder === "overview") return { kind: "overview", data: data as Overview, search: query };
  if (folder === "operations") return { kind: "operations", data: data as OperationsPage };
  if (folder === "probes") return { kind: "probes", data: data as ProbeList, at };
  if (folder !== "incidents") return { kind: "subject", data: data as SubjectPage };
  return rest === undefined
    ? { kind: "incidents", data: data as IncidentList, search: query }
    : { kind: "incident", data: data as Incident, at };
}

/** Reads the next part of the overview, and appends it. */
export async function fetchMore(site: Site, view: View): Promise<View> {
  if (view.kind !== "overview") return view;
  const { data: before } = view;
  const query = new URLSearchParams(view.search);
  query.set("offset", String(before.offset + before.items.length));
  const { data } = await fetchJson(`${site.base}/api/v1/overview?${query.toString()}`);
  const next = data as Overview;
  const known = new Set(before.items.map(({ kind, name }) => `${kind} ${name}`));
  const added = next.items.filter(({ kind, name }) => !known.has(`${kind} ${name}`));
  return { ...view, data: { ...next, offset: before.offset, items: [...before.items, ...added] } };
}

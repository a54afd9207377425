import type { SubjectKind } from "../model/words.ts";

/** Path segments of the pages of subjects, which are those of the API as well. */
const FOLDERS = {
  target: "targets",
  heartbeat: "heartbeats",
  component: "components",
  group: "groups",
} as const satisfies Record<SubjectKind, string>;

/** Addresses of pages, and of the JSON that they show. `base` is the route prefix of the exporter. */
export interface Paths {
  readonly overview: (query?: string) => string;
  readonly subject: (kind: SubjectKind, name: string) => string;
  readonly incidents: string;
  readonly incident: (id: string) => string;
  readonly feed: string;
  readonly operations: string;
  readonly probes: string;
  readonly log: (id: number) => string;
  readonly config: string;
  readonly metrics: string;
  readonly api: string;
  readonly events: string;
  /** Makes an absolute path of one without the prefix. */
  readonly at: (path: string) => string;
}

/** Returns the addresses below `base`. */
export function pathsAt(base: string): Paths {
  const at = (path: string): string => `${base}${path}`;
  return {
    overview: (query = "") => at(query === "" ? "/" : `/?${query}`),
    subject: (kind, name) => at(`/page/${FOLDERS[kind]}/${segment(name)}`),
    incidents: at("/page/incidents"),
    incident: (id) => at(`/page/incidents/${segment(id)}`),
    feed: at("/incidents.atom"),
    operations: at("/page/operations"),
    probes: at("/page/probes"),
    log: (id) => at(`/logs?id=${id}`),
    config: at("/config"),
    metrics: at("/metrics"),
    api: at("/api/openapi.json"),
    events: at("/api/v1/events"),
    at,
  };
}

/** Encodes a name for a path. */
const segment = (name: string): string => encodeURIComponent(name.toWellFormed());

/**
 * Returns the address of the JSON of a page: `/page/targets/gpt?window=7d` shows `/api/v1/targets/gpt?window=7d`, and `/` shows
 * `/api/v1/overview`. `undefined` if it is no page that the browser can build itself.
 */
export function dataPath(base: string, pathname: string, search: string): string | undefined {
  if (pathname === `${base}/`) return `${base}/api/v1/overview${search}`;
  const prefix = `${base}/page/`;
  if (!pathname.startsWith(prefix)) return undefined;
  const rest = pathname.slice(prefix.length);
  const isPage =
    /^(?:(?:targets|heartbeats|components|groups|incidents)\/[^/]+|incidents|operations|probes)$/.test(rest);
  return isPage ? `${base}/api/v1/${rest}${search}` : undefined;
}

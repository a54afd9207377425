/** Facts that a public view shows beside names and statuses. */
export const PUBLIC_DETAILS = ["addresses", "reasons", "latency"] as const;
/** One of `PUBLIC_DETAILS`. */
export type PublicDetail = (typeof PUBLIC_DETAILS)[number];

/** A view of chosen groups for people outside. */
export interface PublicPage {
  /** Below the route prefix; starts with a slash. */
  readonly path: string;
  readonly title: string;
  /** Names of configured groups, in their order on the page. */
  readonly groups: readonly string[];
  readonly show: ReadonlySet<PublicDetail>;
  readonly announcement?: string;
}

/**
 * First segments of the paths of routes, which no public view can have. `page`, `assets` and `runbooks` are those of what people
 * read.
 */
export const RESERVED_SEGMENTS: ReadonlySet<string> = new Set([
  "-",
  "alertmanager",
  "api",
  "assets",
  "badge",
  "config",
  "health",
  "heartbeat",
  "heartbeats",
  "incidents.atom",
  "livez",
  "logs",
  "machines",
  "metrics",
  "page",
  "ping",
  "probe",
  "readyz",
  "report",
  "route",
  "runbooks",
  "sd",
  "status",
  "status.json",
]);

import { TARGET_STATUSES, type TargetStatus } from "../core/status.ts";
import type { IncidentQuery } from "../page/incidents/list.ts";
import type { OverviewQuery } from "../page/model/overview.ts";
import type { ChartWindow, SubjectKind, UptimeWindow } from "../page/model/words.ts";
import type { BadgeQuery } from "../page/page.ts";

/** A query that was read, or the error of a malformed one. */
export type QueryReading<Query> = { readonly query: Query } | { readonly refused: string };

/** Most items of one answer, and how many there are unless a request asks for fewer or more. */
const MOST_ITEMS = 500;
const ITEMS = 100;

/** Longest text to search for, and most labels. */
const LONGEST_TEXT = 200;
const MOST_LABELS = 10;

const KINDS = ["target", "heartbeat", "component", "group"] as const satisfies readonly SubjectKind[];
const WINDOWS = ["1h", "24h", "7d", "30d"] as const satisfies readonly ChartWindow[];
const UPTIMES = [...WINDOWS, "90d"] as const satisfies readonly UptimeWindow[];
const BADGES = ["status", "uptime", "latency"] as const satisfies readonly BadgeQuery["show"][];

/** The error of a malformed parameter, until it is an answer. */
class Malformed extends Error {
  override readonly name = "Malformed";
}

/** Reads a query with a function that throws `Malformed`. */
function reading<Query>(read: () => Query): QueryReading<Query> {
  try {
    return { query: read() };
  } catch (error) {
    if (error instanceof Malformed) return { refused: error.message };
    throw error;
  }
}

const refuse = (name: string, got: string, want: string): never => {
  throw new Malformed(`${name}: got ${JSON.stringify(got)}, want ${want}`);
};

/** Reads the filter and the part of an overview: `?text=&status=a,b&kind=&label=a=b&group=&offset=&limit=`. */
export const readOverviewQuery = (parameters: URLSearchParams): QueryReading<OverviewQuery> =>
  reading(() => {
    const text = parameters.get("text") ?? "";
    if (text.length > LONGEST_TEXT) refuse("text", `${text.length} characters`, `at most ${LONGEST_TEXT}`);
    const statuses = wordsOf(parameters, "status", TARGET_STATUSES);
    const kinds = wordsOf(parameters, "kind", KINDS);
    const labels = parameters.getAll("label").filter((label) => label !== "");
    if (labels.length > MOST_LABELS) refuse("label", `${labels.length} labels`, `at most ${MOST_LABELS}`);
    const group = parameters.get("group");
    return {
      ...partOf(parameters),
      ...(text === "" ? {} : { text }),
      ...(statuses.length === 0 ? {} : { statuses: statuses satisfies readonly TargetStatus[] }),
      ...(kinds.length === 0 ? {} : { kinds }),
      ...(labels.length === 0 ? {} : { labels: labels.map(labelOf) }),
      ...(group === null ? {} : { group }),
    };
  });

/** Reads a query for incidents: `?kind=&name=&group=&offset=&limit=`. */
export const readIncidentQuery = (parameters: URLSearchParams): QueryReading<IncidentQuery> =>
  reading(() => {
    const kind = parameters.get("kind") ?? "";
    const [name, group] = [parameters.get("name"), parameters.get("group")];
    return {
      ...partOf(parameters),
      ...(kind === "" ? {} : { kind: oneOf("kind", kind, KINDS) }),
      ...(name === null || name === "" ? {} : { name }),
      ...(group === null || group === "" ? {} : { group }),
    };
  });

/** Reads the window of charts: `?window=24h`. */
export const readWindow = (parameters: URLSearchParams): QueryReading<ChartWindow> =>
  reading(() => oneOf("window", parameters.get("window") ?? "24h", WINDOWS));

/** Reads a query for a badge: `?show=status|uptime|latency&window=&label=`. */
export const readBadgeQuery = (name: string, parameters: URLSearchParams): QueryReading<BadgeQuery> =>
  reading(() => {
    const label = parameters.get("label") ?? "";
    if (label.length > LONGEST_TEXT) refuse("label", `${label.length} characters`, `at most ${LONGEST_TEXT}`);
    return {
      name,
      show: oneOf("show", parameters.get("show") ?? "status", BADGES),
      window: oneOf("window", parameters.get("window") ?? "30d", UPTIMES),
      ...(label === "" ? {} : { label }),
    };
  });

const partOf = (parameters: URLSearchParams) => ({
  offset: integerOf("offset", parameters.get("offset") ?? "0", 0, 1_000_000),
  limit: integerOf("limit", parameters.get("limit") ?? String(ITEMS), 1, MOST_ITEMS),
});

function integerOf(name: string, text: string, least: number, most: number): number {
  const value = /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) refuse(name, text, `a number from ${least} to ${most}`);
  return value;
}

const wordsOf = <Word extends string>(
  parameters: URLSearchParams,
  name: string,
  words: readonly Word[],
): readonly Word[] =>
  parameters
    .getAll(name)
    .flatMap((value) => value.split(","))
    .filter((word) => word !== "")
    .map((word) => oneOf(name, word, words));

const oneOf = <Word extends string>(name: string, text: string, words: readonly Word[]): Word =>
  words.find((word) => word === text) ?? refuse(name, text, `one of ${words.join(", ")}`);

function labelOf(text: string): readonly [string, string] {
  const at = text.indexOf("=");
  if (at <= 0) refuse("label", text, "NAME=VALUE");
  return [text.slice(0, at), text.slice(at + 1)];
}

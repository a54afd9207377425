import type { ServerResponse } from "node:http";

/** A Lease as the API server stores it. */
export interface LeaseObject {
  readonly apiVersion: "coordination.k8s.io/v1";
  readonly kind: "Lease";
  readonly metadata: Readonly<Record<string, unknown>> & { readonly resourceVersion: string };
  readonly spec: Readonly<Record<string, unknown>>;
}

/** A change of a Lease, with the object before and after it. */
interface Change {
  readonly version: number;
  readonly before: LeaseObject | undefined;
  readonly after: LeaseObject | undefined;
  /** The object as the event shows it. */
  readonly shown: LeaseObject;
}

interface OpenWatch {
  readonly namespace: string;
  readonly selector: string;
  readonly bookmarks: boolean;
  readonly response: ServerResponse;
  /** Lines that are held back while watches are frozen. */
  held: string[];
}

interface Refusal {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
}

/** Lists and watches of Leases, in the wire format of the real API server. */
export interface LeaseCollections {
  /** Takes a change that was stored. */
  changed(before: LeaseObject | undefined, after: LeaseObject | undefined, shown?: LeaseObject): void;
  /** Answers a list, with `limit`, `continue` and `labelSelector`. */
  list(namespace: string, query: URLSearchParams): { readonly list: object } | Refusal;
  /** Answers a watch, whose head has been sent. */
  watch(namespace: string, query: URLSearchParams, response: ServerResponse): void;
  readonly watches: {
    /** Number of open watches. */
    count(): number;
    /** The queries of all watches so far. */
    readonly queries: readonly URLSearchParams[];
    /** Sends a bookmark to the watches that allow them. */
    bookmark(): void;
    /** Ends all watches as the server does after their time. */
    close(): void;
    /** Cuts the connections of all watches. */
    cut(): void;
    /** Leaves watches open but sends nothing; with `false`, sends what was held back. */
    freeze(frozen: boolean): void;
    /** Sends an event of the type ERROR and ends all watches, as the server does. */
    fail(code: number, reason: string, message: string): void;
    /** Sends this text to all watches. */
    write(text: string): void;
    /** Forgets old versions: watches and pages that begin there are refused as expired. */
    compact(): void;
  };
}

/**
 * Creates the collections of a server.
 * @param version returns the version of the newest change
 */
export function createCollections(
  stored: ReadonlyMap<string, LeaseObject>,
  version: () => number,
): LeaseCollections {
  const changes: Change[] = [];
  const open = new Set<OpenWatch>();
  const queries: URLSearchParams[] = [];
  /** The lists whose later pages may be asked for, by the token of the next page. */
  const pages = new Map<string, { readonly version: string; readonly rest: readonly LeaseObject[] }>();
  let compacted = 0;
  let frozen = false;
  let tokens = 0;

  const send = (watch: OpenWatch, line: string): void => {
    if (frozen) watch.held.push(line);
    else watch.response.write(line);
  };
  const report = (watch: OpenWatch, { before, after, shown }: Change): void => {
    if (shown.metadata["namespace"] !== watch.namespace) return;
    const was = before !== undefined && matches(before, watch.selector);
    const is = after !== undefined && matches(after, watch.selector);
    const type = is ? (was ? "MODIFIED" : "ADDED") : was ? "DELETED" : undefined;
    if (type !== undefined) send(watch, `${JSON.stringify({ type, object: shown })}\n`);
  };
  const statusOf = ({ code, reason, message }: Refusal): object => ({
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message,
    reason,
    code,
  });
  const errorLine = (refusal: Refusal): string =>
    `${JSON.stringify({ type: "ERROR", object: statusOf(refusal) })}\n`;

  return {
    changed(before, after, shown = after) {
      if (shown === undefined) return;
      const change = { version: version(), before, after, shown };
      changes.push(change);
      for (const watch of open) report(watch, change);
    },
    list(namespace, query) {
      const token = query.get("continue");
      const limit = Number(query.get("limit") ?? "0");
      const selector = query.get("labelSelector") ?? "";
      let from = token === null ? undefined : pages.get(token);
      if (token !== null && from === undefined) {
        return {
          code: 410,
          reason: "Expired",
          message: "The provided continue parameter is too old to display a consistent list result.",
        };
      }
      from ??= {
        version: String(version()),
        rest: [...stored.values()]
          .filter(({ metadata }) => metadata["namespace"] === namespace)
          .filter((object) => matches(object, selector))
          .toSorted((a, b) => (String(a.metadata["name"]) < String(b.metadata["name"]) ? -1 : 1)),
      };
      const page = limit > 0 ? from.rest.slice(0, limit) : from.rest;
      const rest = from.rest.slice(page.length);
      const next = rest.length === 0 ? undefined : `token-${(tokens += 1)}`;
      if (next !== undefined) pages.set(next, { version: from.version, rest });
      const metadata = {
        resourceVersion: from.version,
        ...(next === undefined ? {} : { continue: next }),
        ...(next === undefined || selector !== "" ? {} : { remainingItemCount: rest.length }),
      };
      // Items do not repeat kind and version of the API.
      const items = page.map((object) => ({ metadata: object.metadata, spec: object.spec }));
      return { list: { kind: "LeaseList", apiVersion: "coordination.k8s.io/v1", metadata, items } };
    },
    watch(namespace, query, response) {
      queries.push(query);
      const from = Number(query.get("resourceVersion"));
      if (from < compacted) {
        const message = `too old resource version: ${from} (${compacted})`;
        response.end(errorLine({ code: 410, reason: "Expired", message }));
        return;
      }
      const watch: OpenWatch = {
        namespace,
        selector: query.get("labelSelector") ?? "",
        bookmarks: query.get("allowWatchBookmarks") === "true",
        response,
        held: [],
      };
      open.add(watch);
      const lasting = Number(query.get("timeoutSeconds") ?? "1800");
      const timer = setTimeout(() => response.end(), lasting * 1000);
      timer.unref();
      response.on("close", () => {
        clearTimeout(timer);
        open.delete(watch);
      });
      for (const change of changes) if (change.version > from) report(watch, change);
    },
    watches: {
      count: () => open.size,
      queries,
      bookmark() {
        const metadata = { resourceVersion: String(version()), creationTimestamp: null };
        const object = { kind: "Lease", apiVersion: "coordination.k8s.io/v1", metadata, spec: {} };
        for (const watch of open)
          if (watch.bookmarks) send(watch, `${JSON.stringify({ type: "BOOKMARK", object })}\n`);
      },
      close() {
        for (const { response } of open) response.end();
      },
      cut() {
        for (const { response } of open) response.socket?.destroy();
      },
      freeze(isFrozen) {
        frozen = isFrozen;
        if (isFrozen) return;
        for (const watch of open) for (const line of watch.held.splice(0)) watch.response.write(line);
      },
      fail(code, reason, message) {
        for (const { response } of open) response.end(errorLine({ code, reason, message }));
      },
      write(text) {
        for (const { response } of open) response.write(text);
      },
      compact() {
        compacted = version();
        pages.clear();
      },
    },
  };
}

/** Evaluates a selector of conditions `a=b`, `a!=b`, `a in (b,c)` and `a`. */
function matches({ metadata }: LeaseObject, selector: string): boolean {
  const labels = (metadata["labels"] ?? {}) as Readonly<Record<string, string>>;
  return selector
    .split(/,(?![^(]*\))/)
    .filter((condition) => condition !== "")
    .every((condition) => {
      const [, key = "", operator, value = ""] =
        /^([^\s!=]+)\s*(?:(=|!=| in )\s*(.*))?$/.exec(condition.trim()) ?? [];
      if (operator === undefined) return key in labels;
      if (operator === " in ")
        return value
          .slice(1, -1)
          .split(",")
          .includes(labels[key] ?? "");
      return (labels[key] === value) === (operator === "=");
    });
}

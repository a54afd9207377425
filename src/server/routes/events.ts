import type { Request, Response } from "express";
import { defined } from "../../core/defined.ts";
import { rfc3339, seconds } from "../../core/units.ts";
import type { EventFilter } from "../../events/feed.ts";
import type { Message } from "../../events/message.ts";
import { leaderFacts, redirectTo } from "../leader.ts";
import { refuseJson } from "../refuse.ts";
import { queryOf } from "../request.ts";
import type { RouteContext } from "../route-context.ts";
import { modeOf } from "./mode.ts";

/** Interval of comments, by which proxies and clients recognize a live connection. */
const KEEP_ALIVE = seconds(15);

/** Range of the delay, in ms, after which a client reconnects. Random, so that clients do not all return at once after a restart. */
const RETRY_MS = { least: 1000, most: 4000 } as const;

/** Most bytes buffered for a client that does not read; beyond it the client is dropped. */
const MOST_BUFFERED = 1024 * 1024;

const MOST_STREAMS = 1000;

const DEFAULT_LIMIT = 100;
const MOST_LISTED = 10_000;

/** The parameters of a request. */
interface EventStreamQuery {
  readonly wanted: EventFilter;
  readonly after?: number;
  readonly limit: number;
  readonly list: boolean;
  /** False if snapshots should not have the state of subjects, of which there may be thousands. */
  readonly hasSubjects: boolean;
}

/**
 * `GET /api/v1/events`: a stream of server-sent events: those since `Last-Event-ID`, a snapshot of the current state, then
 * each new event. With `Accept: application/json` or `?format=json`, a list of past events instead.
 */
export const eventsRoute =
  (context: RouteContext) =>
  async (req: Request, res: Response): Promise<void> => {
    const query = parseEventStreamQuery(context, req);
    res.set("Cache-Control", "no-store").vary("Accept");
    if (typeof query === "string") return refuseJson(res, 400, query);
    if (query.list) {
      res.json({ events: await context.events.past(query) });
      return;
    }
    // Who asks for no state follows what this replica knows.
    const leader = query.hasSubjects ? context.otherLeader()?.url : undefined;
    if (leader !== undefined) return redirectTo(leader, req, res);
    if (context.events.streams().open >= MOST_STREAMS) {
      res.set("Retry-After", "30");
      return refuseJson(res, 503, `streams: ${MOST_STREAMS} are open, which is the limit`);
    }
    if (!context.ready()) return refuseJson(res, 503, "the exporter is shutting down");
    stream(context, query, req, res);
  };

function stream(
  context: RouteContext,
  { wanted, after, hasSubjects }: EventStreamQuery,
  req: Request,
  res: Response,
): void {
  const { clock, log, events } = context;
  // The connection is not reused after the stream; nginx must not buffer it.
  res.set({ "Content-Type": "text/event-stream", "X-Accel-Buffering": "no", Connection: "close" });
  res.flushHeaders();
  if (req.method === "HEAD") return void res.end();
  res.socket?.setNoDelay(true);

  let allowed = MOST_BUFFERED;
  const write = (text: string): void => {
    if (res.writableEnded || res.destroyed) return;
    res.write(text);
    if (res.writableLength <= allowed) return;
    log.warn(
      { from: req.ip, buffered: res.writableLength },
      "a client of /api/v1/events does not read and is dropped",
    );
    following.drop();
    res.destroy();
  };
  const keepAlive = (): void => {
    write(": keep-alive\n\n");
    cancel = clock.after(KEEP_ALIVE, keepAlive);
  };
  let cancel = clock.after(KEEP_ALIVE, keepAlive);

  const spread = RETRY_MS.most - RETRY_MS.least;
  write(`retry: ${RETRY_MS.least + Math.floor(Math.random() * spread)}\n\n`);
  const following = events.follow({
    wanted,
    ...defined({ after }),
    event: (message) => write(frame(message.type, message.id, message)),
    snapshot(newest) {
      const state = hasSubjects ? snapshot(context, wanted) : emptySnapshot(context);
      const text = frame("snapshot", newest, state);
      // A snapshot must fit, however many targets there are.
      allowed += Buffer.byteLength(text);
      write(text);
      // The client reconnects and is redirected to the replica that leads now.
      if (hasSubjects && context.otherLeader()?.url !== undefined) {
        following.stop();
        res.end();
      }
    },
    ready: () => drained(res),
    end: () => void res.end(),
  });
  res.on("close", () => {
    cancel();
    following.stop();
  });
}

/** Renders a server-sent event. Its JSON has no line breaks, so it takes one line of data. */
const frame = (type: Message["type"] | "snapshot", id: number, data: object): string =>
  `event: ${type}\n${id === 0 ? "" : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;

/** Resolves when the buffer is drained or the connection closed. */
function drained(res: Response): Promise<void> {
  if (!res.writableNeedDrain || res.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      res.off("drain", done).off("close", done);
      resolve();
    };
    res.on("drain", done).on("close", done);
  });
}

/**
 * Returns the current state of the subjects that the client wants: modes as in `/config/mode`, the status of targets,
 * groups and components, and the heartbeats that are offline. The others are omitted, because there may be thousands.
 */
function snapshot(context: RouteContext, { subjects }: EventFilter) {
  const isWanted = ({ name }: { readonly name: string }): boolean =>
    subjects === undefined || subjects.has(name);
  return {
    ...emptySnapshot(context),
    targets: [...context.config().targets.values()].filter(isWanted).map((target) => {
      const { status } = context.condition(target);
      return { ...modeOf(context, target), status };
    }),
    heartbeats: Array.from(context.pushes.list(), ({ heartbeat, status }) => ({
      name: heartbeat.name,
      status,
    }))
      .filter((one) => one.status === "offline" && isWanted(one))
      .map(({ name, status }) => ({ heartbeat: name, source: "push", status })),
    groups: context.health
      .groups()
      .filter(({ group }) => isWanted(group))
      .map(({ group, status }) => ({ group: group.name, status })),
    components: context.components
      .list()
      .filter(isWanted)
      .map((component) => ({ component: component.name, status: context.components.status(component) })),
  };
}

/** Returns what a snapshot says of the exporter itself. */
const emptySnapshot = (context: RouteContext) => ({
  type: "snapshot",
  at: rfc3339(context.clock.now()),
  ...leaderFacts(context),
});

/** Parses the query and headers of a request; returns an error text if they are malformed. */
function parseEventStreamQuery(context: RouteContext, req: Request): EventStreamQuery | string {
  const query = queryOf(req);
  const subjects = listOf(query, "target");
  const unknown = subjects.find((name) => !context.names.has(name));
  if (unknown !== undefined)
    return `target: got ${JSON.stringify(unknown)}, want the name of a target, heartbeat, group, component or route`;
  const words = listOf(query, "type");
  const types = words.map((word) => context.events.eventType(word));
  if (types.includes(undefined)) {
    const wrong = words[types.indexOf(undefined)];
    return `type: got ${JSON.stringify(wrong)}, want one of: ${context.events.words.join(", ")}`;
  }
  const after = lastEventId(query, req);
  if (typeof after === "string") return after;
  const limitText = query.get("limit") ?? String(DEFAULT_LIMIT);
  const limit = /^\d{1,5}$/.test(limitText) ? Number(limitText) : 0;
  if (limit < 1 || limit > MOST_LISTED)
    return `limit: got ${JSON.stringify(limitText)}, want a number from 1 to ${MOST_LISTED}`;
  const format = query.get("format");
  if (format !== null && format !== "json" && format !== "stream")
    return `format: got ${JSON.stringify(format)}, want json or stream`;
  const snapshots = query.get("snapshot") ?? "full";
  if (snapshots !== "full" && snapshots !== "none")
    return `snapshot: got ${JSON.stringify(snapshots)}, want full or none`;
  return {
    hasSubjects: snapshots === "full",
    wanted: {
      ...(subjects.length === 0 ? {} : { subjects: new Set(subjects) }),
      ...(types.length === 0 ? {} : { types: new Set(types.filter((type) => type !== undefined)) }),
    },
    ...defined({ after }),
    limit,
    list: format === "json" || (format === null && req.accepts(["text/event-stream", "json"]) === "json"),
  };
}

/** Returns the values of a parameter that may be repeated, or contain several separated by commas. */
const listOf = (query: URLSearchParams, name: string): readonly string[] =>
  query
    .getAll(name)
    .flatMap((text) => text.split(","))
    .map((text) => text.trim())
    .filter((text) => text !== "");

/** Returns the id of the last event that the client received. A malformed header is ignored, because an EventSource could not correct it. */
function lastEventId(query: URLSearchParams, req: Request): number | undefined | string {
  const text = query.get("last_event_id");
  const id = text ?? req.get("Last-Event-ID") ?? "";
  if (/^\d{1,16}$/.test(id)) return Number(id);
  return text === null ? undefined : `last_event_id: got ${JSON.stringify(text)}, want the id of an event`;
}

import type { Request, Response } from "express";
import { defined } from "../../core/defined.ts";
import { targetStatus } from "../../core/status.ts";
import { rfc3339, seconds } from "../../core/units.ts";
import type { EventFilter } from "../../events/feed.ts";
import type { Message } from "../../events/message.ts";
import type { RouteContext } from "../deps.ts";
import { refuseJson } from "../refuse.ts";
import { queryOf } from "../request.ts";
import { modeOf } from "./mode.ts";

/** Comments that show proxies and clients that the connection lives. */
const KEEP_ALIVE = seconds(15);

/** How long clients wait before they come back, each another time: after a restart not all at once. */
const RETRY_MS = { least: 1000, most: 4000 } as const;

/** What waits for a client that does not read; longer, and it is dropped. */
const MOST_BUFFERED = 1024 * 1024;

const MOST_STREAMS = 1000;

const DEFAULT_LIMIT = 100;
const MOST_LISTED = 10_000;

/** What a request asks for. */
interface EventStreamQuery {
  readonly wanted: EventFilter;
  readonly after?: number;
  readonly limit: number;
  readonly list: boolean;
}

/**
 * `GET /api/v1/events`: what happens, as server-sent events: first what happened since `Last-Event-ID`, then the state
 * of now, then each event. With `Accept: application/json` or `?format=json` a list of past events instead.
 */
export const eventsRoute =
  (deps: RouteContext) =>
  async (req: Request, res: Response): Promise<void> => {
    const asked = parseEventStreamQuery(deps, req);
    res.set("Cache-Control", "no-store").vary("Accept");
    if (typeof asked === "string") return refuseJson(res, 400, asked);
    if (asked.list) {
      res.json({ events: await deps.events.past(asked) });
      return;
    }
    if (deps.events.streams().open >= MOST_STREAMS) {
      res.set("Retry-After", "30");
      return refuseJson(res, 503, `streams: got one more than ${MOST_STREAMS}, want at most so many at once`);
    }
    if (!deps.ready()) return refuseJson(res, 503, "the exporter is shutting down");
    stream(deps, asked, req, res);
  };

function stream(deps: RouteContext, { wanted, after }: EventStreamQuery, req: Request, res: Response): void {
  const { clock, log, events } = deps;
  // Nobody else gets this connection when the stream ends; and nginx is not to collect it.
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
    caughtUp(newest) {
      const text = frame("snapshot", newest, snapshot(deps, wanted));
      // However many targets there are, it must be possible to be told of them.
      allowed += Buffer.byteLength(text);
      write(text);
    },
    ready: () => drained(res),
    end: () => void res.end(),
  });
  res.on("close", () => {
    cancel();
    following.stop();
  });
}

/** JSON has no line breaks of its own, so that each event is one line of data. */
const frame = (type: Message["type"] | "snapshot", id: number, data: object): string =>
  `event: ${type}\n${id === 0 ? "" : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;

/** Resolves when what was written has left, or the client has. */
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
 * The state of now, of what is wanted: the modes as `/config/mode` has them, and the status of targets and groups, and
 * which heartbeats are offline: of those that are not there may be thousands.
 */
function snapshot(deps: RouteContext, { subjects }: EventFilter) {
  const isWanted = ({ name }: { readonly name: string }): boolean =>
    subjects === undefined || subjects.has(name);
  return {
    type: "snapshot",
    at: rfc3339(deps.clock.now()),
    targets: [...deps.current().targets.values()].filter(isWanted).map((target) => {
      const status = targetStatus(target, deps.state(target).health, deps.ask.latest(target)?.result);
      return { ...modeOf(deps, target), status };
    }),
    heartbeats: Array.from(deps.pushes.list(), ({ heartbeat, status }) => ({ name: heartbeat.name, status }))
      .filter((one) => one.status === "offline" && isWanted(one))
      .map(({ name, status }) => ({ heartbeat: name, source: "push", status })),
    groups: deps.health
      .groups()
      .filter(({ group }) => isWanted(group))
      .map(({ group, status }) => ({ group: group.name, status })),
  };
}

/** @returns what is asked for, or what is wrong with it */
function parseEventStreamQuery(deps: RouteContext, req: Request): EventStreamQuery | string {
  const query = queryOf(req);
  const subjects = listOf(query, "target");
  const unknown = subjects.find((name) => !deps.knowsName(name));
  if (unknown !== undefined)
    return `target: got ${JSON.stringify(unknown)}, want the name of a target, heartbeat or group`;
  const words = listOf(query, "type");
  const types = words.map((word) => deps.events.eventType(word));
  if (types.includes(undefined)) {
    const wrong = words[types.indexOf(undefined)];
    return `type: got ${JSON.stringify(wrong)}, want one of: ${deps.events.words.join(", ")}`;
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
  return {
    wanted: {
      ...(subjects.length === 0 ? {} : { subjects: new Set(subjects) }),
      ...(types.length === 0 ? {} : { types: new Set(types.filter((type) => type !== undefined)) }),
    },
    ...defined({ after }),
    limit,
    list: format === "json" || (format === null && req.accepts(["text/event-stream", "json"]) === "json"),
  };
}

/** Names may be given several times, or with commas between them. */
const listOf = (query: URLSearchParams, name: string): readonly string[] =>
  query
    .getAll(name)
    .flatMap((text) => text.split(","))
    .map((text) => text.trim())
    .filter((text) => text !== "");

/** That of the query is somebody's own choice; that of the header comes from a client that cannot mend it. */
function lastEventId(query: URLSearchParams, req: Request): number | undefined | string {
  const text = query.get("last_event_id");
  const id = text ?? req.get("Last-Event-ID") ?? "";
  if (/^\d{1,16}$/.test(id)) return Number(id);
  return text === null ? undefined : `last_event_id: got ${JSON.stringify(text)}, want the id of an event`;
}

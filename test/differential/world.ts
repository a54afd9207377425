import type { Socket } from "node:net";
import { join } from "node:path";
import { CLOSED_PORT } from "../helpers/http-targets.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { type Answer, type Case, type Place, slugOf } from "./case.ts";
import { files } from "./files.ts";
import { certificates } from "./targets/certificates.ts";
import { startProxy } from "./targets/proxy.ts";
import { newRequestLog, type ReceivedRequest, type RequestLog } from "./targets/requests.ts";
import {
  type Handler,
  isSecure,
  type ServerName,
  startPlain,
  startShared,
  startTcp,
  type TargetServer,
} from "./targets/servers.ts";

/** The targets of all cases, and the configuration of both exporters. */
export interface World extends AsyncDisposable {
  /** Returns the targets of a case. */
  placeOf(each: Case): Place;
  /** Returns the requests that its targets have received since the last call. */
  take(each: Case): readonly ReceivedRequest[];
  /** YAML of all modules, each named by the slug of its case. */
  readonly yaml: string;
}

const hello: Answer = (_, reply) => {
  reply.writeHead(200, { "Content-Type": "text/plain", "Content-Length": 5 });
  reply.end("hello");
};

const MISBEHAVING: readonly (readonly [ServerName, (socket: Socket) => void])[] = [
  ["mute", (socket) => socket.resume()],
  ["slam", (socket) => socket.once("data", () => socket.resetAndDestroy())],
  ["noTls", (socket) => socket.once("data", () => socket.end("220 ready\r\n"))],
];

type Cases = Map<string, { readonly each: Case; readonly place: Place }>;

/** Starts the targets of all cases. */
export async function startWorld(cases: readonly Case[]): Promise<World> {
  await using resources = new AsyncDisposableStack();
  const folder = resources.use(await temporaryFolder());
  for (const [name, content] of Object.entries(files)) await folder.write(name, content);
  const log = newRequestLog();
  const bySlug: Cases = new Map();

  const handleAs =
    (slug: string): Handler =>
    (received, reply) => {
      log.add(slug, received);
      const found = bySlug.get(slug);
      if (found === undefined) {
        reply.writeHead(500);
        reply.end(`no case has the path of ${received.target}`);
        return;
      }
      const rest = received.target.replace(/^https?:\/\/[^/]*/, "").replace(`/${slug}`, "");
      (found.each.answer ?? hello)({ ...received, rest }, reply, found.place);
    };
  const route: Handler = (received, reply) => handleAs(slugIn(received.target))(received, reply);
  const shared = await startShared(route);
  shared.set("raw", await startTcp((socket) => serveRaw(socket, bySlug, log)));
  for (const [name, serve] of MISBEHAVING) shared.set(name, await startTcp(serve));
  for (const server of shared.values()) resources.use(server);

  for (const each of cases) {
    const slug = slugOf(each);
    if (bySlug.has(slug)) throw new Error(`two cases have the slug ${slug}`);
    const own = new Map<ServerName, TargetServer>();
    if (each.needs === "own") own.set("own", resources.use(await startPlain(handleAs(slug))));
    if (each.needs === "proxy" || each.needs === "secureProxy") {
      const note = (received: ReceivedRequest): void => log.add(slug, received);
      const secure = each.needs === "secureProxy";
      // The proxy of the environment serves other cases too.
      const handle: Handler = (received, reply) => {
        const named = slugIn(received.target);
        return handleAs(bySlug.has(named) ? named : slug)(received, reply);
      };
      own.set(each.needs, resources.use(await startProxy(handle, note, secure)));
    }
    const place = placeAt(slug, folder.path, (name) => own.get(name) ?? shared.get(name));
    bySlug.set(slug, { each, place });
  }
  // Last, so that no other server is given this port.
  shared.set("closed", { port: CLOSED_PORT, [Symbol.asyncDispose]: async () => undefined });
  const placeOf = (each: Case): Place => {
    const found = bySlug.get(slugOf(each));
    if (found === undefined) throw new Error(`${each.name} is not among the cases`);
    return found.place;
  };
  const yaml = `modules:\n${cases.map((each) => moduleOf(each, placeOf(each))).join("")}`;
  const owned = resources.move();
  return {
    placeOf,
    take: (each) => log.take(slugOf(each)),
    yaml,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function placeAt(
  slug: string,
  folder: string,
  server: (name: ServerName) => TargetServer | undefined,
): Place {
  const port = (name: ServerName): number => {
    const found = server(name);
    if (found === undefined) throw new Error(`${slug} has no server ${name}`);
    return found.port;
  };
  const origin: Place["origin"] = (name, host = "127.0.0.1") =>
    `${isSecure(name) ? "https" : "http"}://${host}:${port(name)}`;
  return {
    path: `/${slug}`,
    certificates,
    origin,
    url: (name, host) => `${origin(name, host)}/${slug}`,
    port,
    file: (name) => join(folder, name),
  };
}

/** Returns the YAML of the module. The default timeout is far above the duration of most cases. */
function moduleOf(each: Case, place: Place): string {
  const { http = "{}", timeout = "8s" } = each;
  const options = typeof http === "string" ? http : http(place);
  return `  ${slugOf(each)}:\n    prober: http\n    timeout: ${timeout}\n    http: ${options}\n`;
}

const slugIn = (target: string): string => /^(?:https?:\/\/[^/]*)?\/([a-z0-9-]*)/.exec(target)?.[1] ?? "";

/** Reads the head of a request and passes the connection to the case in its path. */
function serveRaw(socket: Socket, cases: Cases, log: RequestLog): void {
  let head = "";
  socket.on("data", (chunk) => {
    const seen = head.includes("\r\n\r\n");
    head += chunk.toString("latin1");
    if (seen || !head.includes("\r\n\r\n")) return;
    const [line = "", ...fields] = head.slice(0, head.indexOf("\r\n\r\n")).split("\r\n");
    const [method = "", target = "", version = ""] = line.split(" ");
    const slug = slugIn(target);
    const headers = fields.flatMap((field) => field.split(/: (.*)/s).slice(0, 2));
    log.add(slug, {
      method,
      target,
      version: version.replace("HTTP/", ""),
      headers,
      body: "",
      serverName: undefined,
      client: undefined,
    });
    const found = cases.get(slug);
    const raw = found?.each.raw;
    if (found === undefined || raw === undefined) socket.destroy();
    else if (typeof raw === "string") socket.end(raw, "latin1");
    else raw(socket, found.place, target.replace(`/${slug}`, ""));
  });
}

import { defined } from "../../core/defined.ts";
import { destinationOf } from "../../core/network.ts";
import type { ProbeContext } from "../../core/prober.ts";
import { redactAddress } from "../../core/secret.ts";
import { contentProblem } from "./content.ts";
import type { FollowResult } from "./follow-file.ts";
import { type LogState, newPosition, type Position } from "./log-state.ts";
import type { HeartbeatLogModule } from "./options.ts";
import { createPart } from "./part.ts";
import { type LogProblem, problem } from "./problem.ts";
import { fetchProblem, type RemoteResponse, request, statusProblem } from "./request.ts";
import { openSession, type Session } from "./session.ts";

/** Returns the address of a log as it may be shown: without user, password and query. */
export const shownAddress = (url: URL): string => redactAddress(`${url.origin}${url.pathname}`);

/**
 * Fetches the new lines of a log, or all of it from a server without range requests. Problems of the server are returned,
 * never thrown.
 */
export async function followRemote(
  url: URL,
  before: LogState,
  module: HeartbeatLogModule,
  context: ProbeContext,
): Promise<FollowResult> {
  const address = shownAddress(url);
  const refused = context.network.check(destinationOf(url));
  if (refused !== undefined) return { state: before, problem: problem(refused.reason, refused.detail) };
  const session = openSession(before, module.rules, context);
  const known = before.positions[0];
  let position = known ?? newPosition(address);
  const ask = (from: Position, first: boolean) =>
    readAnswer({ url, address, module, context, session }, from, first);
  try {
    let read = await ask(position, known === undefined);
    if (read === "truncated") {
      session.countRotation("truncate");
      context.log("the log was truncated or replaced, so it is read from its beginning", { address });
      position = newPosition(address);
      read = await ask(position, false);
    }
    if (read === "truncated")
      return {
        state: session.state([position]),
        problem: problem("network", `${address} changed while it was fetched`),
      };
    if (read.problem === undefined) session.reachEnd();
    const { unknownTime } = session;
    return { ...defined({ problem: read.problem, unknownTime }), state: session.state([read.position]) };
  } catch (error) {
    const trouble = context.signal.aborted
      ? problem("timeout", `${address} did not answer before the deadline`)
      : fetchProblem(address, error);
    return { state: session.state(known === undefined ? [] : [position]), problem: trouble };
  }
}

/** The settings and environment for fetching a log. */
interface Fetching {
  readonly url: URL;
  readonly address: string;
  readonly module: HeartbeatLogModule;
  readonly context: ProbeContext;
  readonly session: Session;
}

/** The position that was reached; `truncated` if the log does not continue at the old position. */
type RemoteRead = { readonly position: Position; readonly problem?: LogProblem } | "truncated";

/** Fetches a log from `position` on. */
async function readAnswer(fetching: Fetching, position: Position, isFirst: boolean): Promise<RemoteRead> {
  const { url, address, module, context } = fetching;
  const { initialRead, fetch } = module;
  const from = position.offset - position.fingerprint.length;
  const range = isFirst && initialRead > 0 ? `bytes=-${initialRead}` : `bytes=${from}-`;
  context.log("requesting", { method: "GET", url: address, range });
  const answer = await request(
    url,
    fetch,
    { range, ...(position.etag === undefined ? {} : { "if-none-match": position.etag }) },
    context,
  );
  try {
    const { status, headers } = answer;
    context.log("response", { status, ...defined({ length: headers["content-length"] }) });
    const etag = headers.etag;
    const withEtag = (next: Position): Position => {
      const { etag: _old, ...rest } = next;
      return etag === undefined || etag.length > 200 ? rest : { ...rest, etag };
    };
    if (status === 304) return { position };
    if (status === 416) return isFirst || sizeIn(headers) === position.offset ? { position } : "truncated";
    if (status !== 200 && status !== 206) return { position, problem: statusProblem(address, status) };
    const begin = status === 206 ? beginIn(headers) : 0;
    const whole = status === 200 || headers["content-encoding"] === undefined;
    if (begin === undefined || !whole || (!isFirst && begin > from))
      return {
        position,
        problem: problem("malformed", `${address}: the server sent a different range than requested`),
      };
    const read = await readBody(
      fetching,
      answer,
      isFirst ? newPosition(address, begin) : position,
      begin,
      isFirst,
    );
    return read === "truncated"
      ? read
      : { ...read, position: read.problem === undefined ? withEtag(read.position) : read.position };
  } finally {
    answer.close();
  }
}

/** Parses the offset at which a part begins. */
const beginIn = (headers: RemoteResponse["headers"]): number | undefined => {
  const match = /^bytes (\d+)-\d+\//.exec(headers["content-range"] ?? "");
  return match === null ? undefined : Number(match[1]);
};

/** Parses the size of the log in a response to an unsatisfiable range. */
const sizeIn = (headers: RemoteResponse["headers"]): number | undefined => {
  const match = /^bytes \*\/(\d+)$/.exec(headers["content-range"] ?? "");
  return match === null ? undefined : Number(match[1]);
};

/** Scans a body that begins at offset `begin`, from `position` on. */
async function readBody(
  { address, module, context, session }: Fetching,
  { body, headers, status }: RemoteResponse,
  position: Position,
  begin: number,
  isFirst: boolean,
): Promise<RemoteRead> {
  const part = createPart(position, begin, isFirst, session);
  const finish = (trouble?: LogProblem): RemoteRead => {
    const modified = Date.parse(headers["last-modified"] ?? "") / 1000;
    session.dateNewest(Number.isNaN(modified) ? undefined : modified);
    return { position: part.suspend(), ...defined({ problem: trouble }) };
  };
  let fetched = 0;
  try {
    for await (const chunk of body) {
      fetched += chunk.length;
      if (fetched > module.fetch.limit) {
        const more = status === 206 ? "; the next probe continues" : ", and the server supports no ranges";
        return finish(problem("too_large", `${address} has more to fetch than body_size_limit${more}`));
      }
      const unreadable = fetched === chunk.length && begin === 0 ? contentProblem(address, chunk) : undefined;
      if (unreadable !== undefined) return finish(unreadable);
      if (!part.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))) return "truncated";
    }
  } catch (error) {
    const late = `${address} was not fetched to its end before the deadline; the next probe continues`;
    return finish(context.signal.aborted ? problem("timeout", late) : fetchProblem(address, error));
  }
  return part.isTooShort() ? "truncated" : finish();
}

import type { PingKind } from "../heartbeats/machine.ts";

/** What the address of a ping says. */
export interface PingPath {
  readonly name: string;
  readonly ping: PingKind;
  /** A token that stands before the name. */
  readonly token?: string;
}

/** An address that is none of a ping, with what to answer. */
export interface NoPingPath {
  readonly status: 400 | 404;
  readonly text: string;
}

const FORMS =
  "/ping/NAME, /ping/TOKEN/NAME, and after either /start, /fail, /log or an exit status from 0 to 255";

/**
 * Reads what stands after `/ping`: `/NAME`, `/TOKEN/NAME`, and either with an action behind it. What can be an action
 * is one, so a heartbeat is never called like it.
 */
export function readPingPath(path: string): PingPath | NoPingPath {
  const parts = path.split("/").slice(1);
  if (parts.includes("") || parts.length === 0) return { status: 404, text: `got no name, want ${FORMS}` };
  let decoded: string[];
  try {
    decoded = parts.map(decodeURIComponent);
  } catch {
    return { status: 400, text: `got a path with a broken % escape, want ${FORMS}` };
  }
  const last = decoded.length > 1 ? actionOf(decoded.at(-1) ?? "") : undefined;
  if (last === "out of range")
    return { status: 400, text: "got an exit status above 255, want one from 0 to 255" };
  const rest = last === undefined ? decoded : decoded.slice(0, -1);
  const [name, token] = rest.toReversed();
  if (name === undefined || rest.length > 2)
    return { status: 404, text: `got too long a path, want ${FORMS}` };
  return { name, ping: last ?? "success", ...(token === undefined ? {} : { token }) };
}

function actionOf(text: string): PingKind | "out of range" | undefined {
  if (text === "start" || text === "fail" || text === "log") return text;
  if (!/^\d+$/.test(text)) return undefined;
  const status = Number(text);
  return status > 255 ? "out of range" : status === 0 ? "success" : "fail";
}

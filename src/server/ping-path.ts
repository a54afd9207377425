import { defined } from "../core/defined.ts";
import type { Secret } from "../core/secret.ts";
import type { PingKind } from "../heartbeats/push-state.ts";
import type { Register } from "../heartbeats/register.ts";

/** A token that a ping must present. */
export interface PingToken {
  readonly secret: Secret;
  /** True if no ping of the name is accepted. It is compared all the same, so that timing does not reveal which names exist. */
  readonly isDecoy: boolean;
}

/** Returns the token that a ping of `name` must present; `undefined` if it needs none. */
export function pingToken(pushes: Register, name: string): PingToken | undefined {
  const wanted = pushes.tokenOf(name);
  if (wanted !== undefined) return { secret: wanted, isDecoy: false };
  const mayExist = pushes.has(name) || pushes.allowsRegistration();
  const decoy = mayExist ? undefined : pushes.anyToken();
  return decoy === undefined ? undefined : { secret: decoy, isDecoy: true };
}

/** The parts of the path of a ping. */
export interface PingPath {
  readonly name: string;
  readonly kind: PingKind;
  /** An exit status above 0. */
  readonly exitStatus?: number;
  /** The token before the name. */
  readonly token?: string;
}

/** An invalid ping path and the HTTP error to send. */
export interface PingPathProblem {
  readonly status: 400 | 404;
  readonly text: string;
}

const FORMS =
  "/ping/NAME or /ping/TOKEN/NAME, optionally followed by /start, /fail, /log or an exit status from 0 to 255";

/**
 * Parses the path after `/ping`: `/NAME` or `/TOKEN/NAME`, optionally followed by an action. A last part that can be an
 * action is one, so no heartbeat may have such a name.
 */
export function parsePingPath(path: string): PingPath | PingPathProblem {
  const parts = path.split("/").slice(1);
  if (parts.includes("") || parts.length === 0) return { status: 404, text: `got no name, want ${FORMS}` };
  let decoded: string[];
  try {
    decoded = parts.map(decodeURIComponent);
  } catch {
    return { status: 400, text: `got a path with an invalid % escape, want ${FORMS}` };
  }
  const last = decoded.length > 1 ? actionOf(decoded.at(-1) ?? "") : undefined;
  if (last === "out of range")
    return { status: 400, text: "got an exit status above 255, want one from 0 to 255" };
  const rest = last === undefined ? decoded : decoded.slice(0, -1);
  const [name, token] = rest.toReversed();
  if (name === undefined || rest.length > 2)
    return { status: 404, text: `got too long a path, want ${FORMS}` };
  return { name, kind: "success", ...last, ...defined({ token }) };
}

function actionOf(text: string): Pick<PingPath, "kind" | "exitStatus"> | "out of range" | undefined {
  if (text === "start" || text === "fail" || text === "log") return { kind: text };
  if (!/^\d+$/.test(text)) return undefined;
  const status = Number(text);
  if (status > 255) return "out of range";
  return status === 0 ? { kind: "success" } : { kind: "fail", exitStatus: status };
}

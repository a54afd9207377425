import { connect, type Socket } from "node:net";
import { basename, dirname, join, resolve as resolvePath } from "node:path";
import { FileHangsError } from "../../core/file-errors.ts";
import type { Opened, UnixFailure } from "../../core/network.ts";
import { realpathSoon, statSmall } from "../../files/files.ts";
import { codeOf, describeError } from "../errors.ts";
import type { PathPolicy } from "../path-policy.ts";

/** Makes a failure. */
const failure = (reason: UnixFailure["reason"], detail: string): UnixFailure => ({
  ok: false,
  reason,
  detail,
});

/** The sockets that a probe may connect to. */
export interface UnixAccess {
  /** Undefined if every socket is allowed. */
  readonly policy: PathPolicy | undefined;
  /** True if failures may tell what is at the path: the operator has named it, or what it matches. */
  readonly named: boolean;
  readonly signal: AbortSignal;
}

/**
 * Connects to a Unix socket: at a path, or `@` and the name of an abstract one. The kernel looks up a path in the thread of
 * the event loop, so the file system is asked first, where a thread of its own may hang.
 */
export async function openUnix(path: string, access: UnixAccess): Promise<Opened<Socket> | UnixFailure> {
  const { signal, named } = access;
  // The kernel reads a path up to the first NUL, which is not what was checked.
  if (path === "" || path.includes("\0"))
    return failure("forbidden_target", `${JSON.stringify(path)} is not the path of a socket`);
  const located = await orCut(locate(path, access.policy), signal);
  if (located === undefined)
    return failure("timeout_connect", `the file system of ${path} did not answer before the deadline`);
  if ("ok" in located) return located;
  const dialed = await dial(path, located.at, signal);
  if (dialed.ok || dialed.reason !== "connect" || named) return dialed;
  return failure("connect", `no connection to ${path}: ${UNNAMED}`);
}

/** Tells apart neither what is at a path nor whether anything is: anyone who may ask for `/probe` would learn which files there are. */
const UNNAMED =
  "no socket that accepts connections is there; the reason is told for targets and allowed_targets";

/** Resolves with the value of a promise, or with `undefined` at the deadline. */
function orCut<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value | undefined> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => resolve(undefined);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

/** Returns the address of a socket for the kernel, if it may be connected to. */
async function locate(
  path: string,
  policy: PathPolicy | undefined,
): Promise<{ readonly at: string } | UnixFailure> {
  if (path.startsWith("@")) {
    const refusal = await policy?.refuses(path, async (one) => one);
    return refusal === undefined ? { at: `\0${path.slice(1)}` } : failure("forbidden_target", refusal);
  }
  const real = await realpathSoon(path).catch((error: unknown) => error);
  if (policy === undefined) {
    // Any other error is better told by the kernel on connecting.
    return real instanceof FileHangsError
      ? failure("file_unreadable", `no connection to ${path}: ${real.text}`)
      : { at: path };
  }
  // A path that is not allowed is refused in the same words whether it exists or not, and without where its links lead.
  const known = typeof real === "string" ? real : await placeOf(resolvePath(path));
  const refusal = await policy.refuses(known, (one) => realpathSoon(one).catch(() => one));
  if (refusal !== undefined) return failure("forbidden_target", `${path} is not in allowed_targets`);
  if (typeof real === "string") return { at: real };
  if (real instanceof FileHangsError)
    return failure("file_unreadable", `no connection to ${path}: ${real.text}`);
  return failure("connect", `no connection to ${path}: ${await explain(real, path)}`);
}

/** Resolves the links of the folders of a path that does not exist. */
async function placeOf(path: string): Promise<string> {
  const folder = dirname(path);
  if (folder === path) return path;
  const real = await realpathSoon(folder).catch(() => placeOf(folder));
  return join(real, basename(path));
}

/** Connects to a socket whose file system answers. */
async function dial(path: string, at: string, signal: AbortSignal): Promise<Opened<Socket> | UnixFailure> {
  const dialed = await new Promise<Socket | Error | "cut">((resolve) => {
    const socket = connect({ path: at });
    // The listener stays, so that an error after the connection was opened is not an uncaught one.
    socket.on("error", (error) => {
      socket.destroy();
      resolve(error);
    });
    socket.once("connect", () => resolve(socket));
    const onAbort = (): void => {
      socket.destroy();
      resolve("cut");
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
  if (dialed === "cut") return failure("timeout_connect", `no connection to ${path} before the deadline`);
  if (!(dialed instanceof Error)) return { ok: true, socket: dialed };
  return failure("connect", `no connection to ${path}: ${await explain(dialed, path)}`);
}

const ERRORS: Readonly<Record<string, string>> = {
  ENOENT: "it does not exist",
  ENOTDIR: "it does not exist",
  EACCES: "permission denied; the exporter's user needs write permission for the socket",
  EPERM: "permission denied",
  EAGAIN: "the process that listens does not accept connections fast enough",
  EPROTOTYPE: "it is not a stream socket",
  ENAMETOOLONG: "the path is longer than 107 bytes",
  EINVAL: "the path is longer than 107 bytes",
};

/** Says why a socket was not connected to. The kernel refuses a file of another kind as it refuses a socket that nothing listens on. */
async function explain(error: unknown, path: string): Promise<string> {
  const code = codeOf(error) ?? "";
  if (code !== "ECONNREFUSED") return ERRORS[code] ?? describeError(error);
  try {
    const stats = await statSmall(path);
    return stats.isSocket() ? "no process listens on it" : "it is not a socket";
  } catch {
    return "no process listens on it";
  }
}

import { connect, type Socket } from "node:net";
import { resolve as resolvePath } from "node:path";
import { FileHangsError, fileError } from "../../core/file-errors.ts";
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
  readonly signal: AbortSignal;
}

/**
 * Connects to a Unix socket: at a path, or `@` and the name of an abstract one. The kernel looks up a path in the thread of
 * the event loop, so the file system is asked first, where a thread of its own may hang.
 */
export async function openUnix(path: string, access: UnixAccess): Promise<Opened<Socket> | UnixFailure> {
  const { signal } = access;
  // The kernel reads a path up to the first NUL, which is not what was checked.
  if (path === "" || path.includes("\0"))
    return failure("forbidden_target", `${JSON.stringify(path)} is not the path of a socket`);
  const located = await orCut(locate(path, access.policy), signal);
  if (located === undefined)
    return failure("timeout_connect", `the file system of ${path} did not answer before the deadline`);
  return "ok" in located ? located : dial(path, located.at, signal);
}

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
  // A path that is not allowed is refused whether it exists or not.
  const known = typeof real === "string" ? real : resolvePath(path);
  const refusal = await policy.refuses(known, (one) => realpathSoon(one).catch(() => one));
  if (refusal !== undefined) return failure("forbidden_target", refusal);
  if (typeof real === "string") return { at: real };
  const reason = real instanceof FileHangsError ? "file_unreadable" : "connect";
  return failure(reason, `no connection to ${path}: ${fileError(real).text}`);
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
async function explain(error: Error, path: string): Promise<string> {
  const code = codeOf(error) ?? "";
  if (code !== "ECONNREFUSED") return ERRORS[code] ?? describeError(error);
  try {
    const stats = await statSmall(path);
    return stats.isSocket() ? "no process listens on it" : "it is not a socket";
  } catch {
    return "no process listens on it";
  }
}

import { chmodSync, lstatSync, renameSync, rmSync, type Stats } from "node:fs";
import type { Server } from "node:http";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import type { SocketAddress } from "./address.ts";
import { ListenError } from "./listen-error.ts";

/** Leaves the socket to its owner until it has its permissions. */
const PRIVATE_UMASK = 0o177;

/**
 * Makes `server` listen on a unix socket. A socket that a killed exporter left is replaced.
 *
 * It gets its name when it is ready: it is never there with wrong permissions, its path never leads nowhere, and what libuv removes
 * at the end is only its first name, so that the socket of a successor at the same path stays.
 * @param listen starts to listen on a path, and rejects if that fails
 * @returns a function that removes the socket, unless another one has taken its path
 * @throws ListenError if another program listens on it, or the path cannot be used
 */
export async function listenOnSocket(
  server: Server,
  { path, mode }: SocketAddress,
  listen: (server: Server, path: string) => Promise<unknown>,
): Promise<() => void> {
  if (statsOf(dirname(path)) === undefined) throw problem(path, "its folder does not exist; create it first");
  await refuseIfTaken(path);
  const ownName = join(dirname(path), `.hb-${process.pid}`);
  try {
    // A killed process of the same number left it.
    rmSync(ownName, { force: true });
    await privately(() => listen(server, ownName));
    chmodSync(ownName, mode);
    const own = lstatSync(ownName);
    renameSync(ownName, path);
    return () => removeOwn(path, own);
  } catch (error) {
    server.close();
    throw problem(path, textOf(error), error);
  }
}

/** Creates a socket, which happens at once, without permissions for others. */
function privately<T>(create: () => T): T {
  const umask = process.umask(PRIVATE_UMASK);
  try {
    return create();
  } finally {
    process.umask(umask);
  }
}

/** @throws ListenError unless the path is free or has a socket that no program listens on */
async function refuseIfTaken(path: string): Promise<void> {
  const existing = statsOf(path);
  if (existing === undefined) return;
  if (!existing.isSocket())
    throw problem(path, "the path exists and is no socket; choose another, or remove it");
  const code = await connectionError(path);
  if (code === "ECONNREFUSED" || code === "ENOENT") return;
  throw problem(
    path,
    code === undefined || code === "EAGAIN"
      ? "another program listens on this socket; stop it, or choose another path"
      : `the path has a socket that may be in use (${code}); stop its program, or remove it`,
  );
}

function statsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw problem(path, textOf(error), error);
  }
}

/** Connects to a socket. Resolves to the code of the error; to `undefined` if a program listens. */
function connectionError(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

/** Removes the socket if it is still the one at its path. */
function removeOwn(path: string, own: Stats): void {
  try {
    const { ino, dev } = lstatSync(path);
    if (ino === own.ino && dev === own.dev) rmSync(path);
  } catch {
    // Another program has removed it, or its folder.
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOTDIR: "a part of the path is no folder",
  EACCES: "the exporter has no permission to create a socket in this folder",
  EPERM: "the exporter has no permission to create a socket in this folder",
  EROFS: "the file system is read-only",
};

function textOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return (
    REASONS[code] ?? `cannot listen on this socket: ${error instanceof Error ? error.message : String(error)}`
  );
}

function problem(path: string, text: string, cause?: unknown): ListenError {
  return new ListenError(`unix://${path}: ${text}`, { cause });
}

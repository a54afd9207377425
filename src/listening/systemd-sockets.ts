import { fstatSync } from "node:fs";
import { ListenError } from "./listen-error.ts";

/** The first descriptor that systemd passes; see sd_listen_fds(3). */
const FIRST_DESCRIPTOR = 3;

/**
 * Returns the descriptors of the sockets that systemd, or a program that acts like it, has passed to this process.
 * @throws ListenError if there is none
 */
export function systemdSockets(
  env: Readonly<Record<string, string | undefined>>,
  pid: number,
): readonly number[] {
  const [count, owner] = [env["LISTEN_FDS"], env["LISTEN_PID"]];
  if (count === undefined || owner === undefined)
    throw problem(
      "got no sockets: LISTEN_FDS and LISTEN_PID are not set; want a .socket unit that starts the exporter",
    );
  if (owner !== String(pid))
    throw problem(
      `got sockets for the process ${owner}, but this is ${pid}; want a service whose ExecStart= runs the exporter itself, without a shell`,
    );
  if (!/^[1-9]\d{0,3}$/.test(count))
    throw problem(`got LISTEN_FDS=${count}, want the number of sockets, which is at least 1`);
  return Array.from({ length: Number(count) }, (_, i) => socketAt(FIRST_DESCRIPTOR + i));
}

function socketAt(descriptor: number): number {
  if (isSocket(descriptor)) return descriptor;
  throw problem(`got the file descriptor ${descriptor}, which is no socket; want ListenStream=`);
}

function isSocket(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isSocket();
  } catch {
    return false;
  }
}

function problem(text: string): ListenError {
  return new ListenError(`--web.systemd-socket: ${text}`);
}

import { readlinkSync } from "node:fs";
import { connect, createServer } from "node:net";

/** The syntax of the name of a health socket, for messages. */
const NAME_FORM = "@NAME, of letters, digits, dots, dashes and underscores";

/** The answer of a running exporter to each connection. */
const HEALTHY = "healthy\n";

/** Longest wait for the answer of the exporter, in milliseconds. */
const PATIENCE = 3000;

/**
 * Returns the address of the socket on which the health check of a container asks, which is one of Linux' abstract namespace: it
 * needs no writable folder, and a killed exporter leaves nothing behind. Containers may share a network and thereby this
 * namespace, but not their mounts, so the address has the number of the mount namespace.
 * @param name `@` and a name
 * @throws Error with the syntax if the name has another
 */
function addressOf(name: string): string {
  if (!/^@[\w.-]{1,60}$/.test(name)) throw new Error(`got ${JSON.stringify(name)}, want ${NAME_FORM}`);
  const number = /\d+/.exec(readlinkSync("/proc/self/ns/mnt"))?.[0] ?? "";
  return `\0${name.slice(1)}-${number}`;
}

/**
 * Answers the health check of a container, whatever address, certificates, prefix and users the other listeners have. Rejects if
 * the socket cannot be opened. It does not keep the process running.
 * @param name see {@link addressOf}
 */
export async function openHealthSocket(name: string): Promise<void> {
  const path = addressOf(name);
  const server = createServer((socket) => {
    // The health check may have given up.
    socket.on("error", () => socket.destroy());
    socket.end(HEALTHY);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", ({ code }: NodeJS.ErrnoException) =>
      reject(new Error(`cannot listen on ${name}: ${code}`)),
    );
    server.listen({ path }, resolve);
  });
  server.unref();
}

/**
 * Asks a running exporter of the same container whether it is healthy.
 * @param name see {@link addressOf}
 * @returns why it is not; `undefined` if it is
 */
export function healthProblem(name: string): Promise<string | undefined> {
  const path = addressOf(name);
  return new Promise((resolve) => {
    let answer = "";
    const socket = connect({ path });
    socket.setTimeout(PATIENCE, () => {
      resolve(`the exporter has not answered for ${PATIENCE / 1000} s`);
      socket.destroy();
    });
    socket.on("data", (data) => {
      answer += data.toString("latin1");
    });
    socket.on("error", (error: NodeJS.ErrnoException) =>
      resolve(`the exporter cannot be asked: ${error.code}`),
    );
    socket.on("close", () => resolve(answer === HEALTHY ? undefined : "got an incomplete answer"));
  });
}

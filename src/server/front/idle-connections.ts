import type { Server } from "node:http";
import type { Socket } from "node:net";

/** Time for the event loop to read what a connection has received. */
const READ_MS = 250;

/**
 * Closes connections that time out only after their data had a chance to be read. After an absence of the process, timers
 * run before sockets are read: Node.js alone would discard the requests that wait in idle connections.
 */
export function closeIdleConnections(server: Server): void {
  server.on("timeout", (socket: Socket) => {
    const { bytesRead } = socket;
    const close = (): void => {
      if (socket.bytesRead === bytesRead) socket.destroy();
    };
    setTimeout(close, READ_MS).unref();
  });
}

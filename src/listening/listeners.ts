import type { RequestListener, Server } from "node:http";
import type { ListenOptions } from "node:net";
import { defined } from "../core/defined.ts";
import {
  formatAddress,
  type ListenAddress,
  localUrl,
  type SocketAddress,
  type TcpAddress,
} from "./address.ts";
import { ListenError } from "./listen-error.ts";
import { listenOnSocket } from "./unix-socket.ts";

/**
 * Connections that may wait to be accepted; the kernel lowers it to `net.core.somaxconn`. A ping for each of some thousand
 * heartbeats can wait while the exporter is stopped; beyond that, clients retry after seconds.
 */
const BACKLOG = 16_384;

/** A place to listen on: an address, or the descriptor of a socket that systemd passed. */
export type ListenPlace = ListenAddress | { readonly kind: "descriptor"; readonly descriptor: number };

/** An open listener. */
export interface Listener {
  /** Its URL for clients on this machine, or `unix://` and a path. */
  readonly url: string;
  /** Its address with the port that it has; absent for a unix socket. */
  readonly tcp?: TcpAddress;
}

/** The servers to listen with. */
export interface Servers {
  /** Creates a server for one listener. */
  readonly createServer: () => Server;
  readonly scheme: "http" | "https";
}

/** The open listeners of the exporter. */
export interface Listeners {
  /** In the order of the addresses; never empty. */
  readonly list: readonly Listener[];
  /** Sets what answers all requests from now on. */
  handle(listener: RequestListener): void;
  /** Stops accepting connections, and removes unix sockets. Resolves when all connections are closed. */
  close(): Promise<void>;
  closeIdleConnections(): void;
  closeAllConnections(): void;
}

/**
 * Listens on all places.
 * @param handler answers requests until another one is set
 * @throws ListenError for the first place that cannot be listened on; nothing stays open then
 */
export async function openListeners(
  places: readonly ListenPlace[],
  { createServer, scheme }: Servers,
  handler: RequestListener,
): Promise<Listeners> {
  let current = handler;
  const servers: Server[] = [];
  const removals: (() => void)[] = [];
  const list: Listener[] = [];
  const close = async (): Promise<void> => {
    for (const remove of removals.splice(0)) remove();
    await Promise.all(servers.map(closed));
  };
  try {
    for (const place of places) {
      const server = createServer();
      server.on("request", (req, res) => current(req, res));
      servers.push(server);
      const { listener, remove } = await open(server, place, scheme, list);
      list.push(listener);
      if (remove !== undefined) removals.push(remove);
    }
  } catch (error) {
    for (const server of servers) server.closeAllConnections();
    await close();
    throw error;
  }
  return {
    list,
    handle(next) {
      current = next;
    },
    close,
    closeIdleConnections: () => servers.forEach((server) => server.closeIdleConnections()),
    closeAllConnections: () => servers.forEach((server) => server.closeAllConnections()),
  };
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    // A server that never listened calls back with an error.
    server.close(() => resolve());
  });
}

interface Opened {
  readonly listener: Listener;
  /** Removes the unix socket. */
  readonly remove?: () => void;
}

async function open(
  server: Server,
  place: ListenPlace,
  scheme: Servers["scheme"],
  earlier: readonly Listener[],
): Promise<Opened> {
  switch (place.kind) {
    case "tcp":
      return { listener: await openTcp(server, place, scheme, earlier) };
    case "unix":
      return openUnix(server, place);
    case "descriptor":
      return { listener: await openDescriptor(server, place.descriptor, scheme) };
  }
}

async function openTcp(
  server: Server,
  address: TcpAddress,
  scheme: Servers["scheme"],
  earlier: readonly Listener[],
): Promise<Listener> {
  const { host, port } = address;
  try {
    await startListening(server, { port, ...defined({ host }) });
  } catch (error) {
    throw new ListenError(`${formatAddress(address)}: ${tcpProblem(error, port, earlier)}`, { cause: error });
  }
  const tcp = { ...address, port: portOf(server) ?? port };
  return { url: localUrl(tcp, scheme), tcp };
}

function tcpProblem(error: unknown, port: number, earlier: readonly Listener[]): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== "EADDRINUSE") return `cannot listen on this address: ${message}`;
  return earlier.some(({ tcp }) => tcp?.port === port)
    ? "the port is in use by another --web.listen-address"
    : "the port is in use by another program; choose another with --web.listen-address";
}

async function openUnix(server: Server, address: SocketAddress): Promise<Opened> {
  const remove = await listenOnSocket(server, address, (one, path) => startListening(one, { path }));
  return { listener: { url: formatAddress(address) }, remove };
}

async function openDescriptor(server: Server, fd: number, scheme: Servers["scheme"]): Promise<Listener> {
  try {
    await startListening(server, { fd });
  } catch (error) {
    const text = `got the file descriptor ${fd}, on which the exporter cannot listen (${(error as Error).message})`;
    throw new ListenError(`--web.systemd-socket: ${text}; want ListenStream= and Accept=no`, {
      cause: error,
    });
  }
  const address = server.address();
  if (typeof address !== "object" || address === null) return { url: `unix://fd/${fd}` };
  const tcp: TcpAddress = { kind: "tcp", host: address.address, port: address.port };
  return { url: localUrl(tcp, scheme), tcp };
}

/** Starts listening. Rejects with the error of the system. */
function startListening(server: Server, options: ListenOptions | { readonly fd: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(options, BACKLOG, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function portOf(server: Server): number | undefined {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : undefined;
}

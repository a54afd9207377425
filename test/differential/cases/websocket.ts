import type { WebSocket } from "ws";
import { CLOSED_PORT } from "../../helpers/http-targets.ts";
import {
  accepted,
  startHandshakeServer,
  startWebsocketServer,
  type WebsocketTestServer,
} from "../../helpers/websocket-servers.ts";
import { certificates } from "../targets/certificates.ts";

/** The phases of a probe, in order. */
const PHASES = ["resolve", "connect", "processing", "transfer"] as const;

/**
 * A probe of a `websocket` module, and what blackbox_exporter after 0.28.0 answers: 0.28.0 has no such prober, so this is from
 * its source, https://github.com/prometheus/blackbox_exporter/pull/1278.
 */
export interface WebsocketCase {
  readonly name: string;
  /** The options in YAML, in braces. */
  readonly websocket: string;
  /** Starts the server; the port of a closed one by default. */
  readonly server?: () => Promise<WebsocketTestServer>;
  readonly target: (port: number) => string;
  readonly success: boolean;
  /** `probe_websocket_status_code`. */
  readonly status: number;
  /** `probe_websocket_connection_upgraded`. */
  readonly upgraded: boolean;
  /** `probe_websocket_failed_due_to_regex`. */
  readonly regex: boolean;
  /** How many of the phases there are, and before the first of them whether an address was looked for. */
  readonly phases: readonly (typeof PHASES)[number][];
  /** `probe_ip_protocol`; undefined if no address was looked for. */
  readonly ip: 0 | 4 | undefined;
}

const whole = PHASES;
const handshake = PHASES.slice(0, 3);

const greeting = (socket: WebSocket): void => {
  socket.send("incoming_test");
  socket.on("message", (data: Buffer) => socket.send(data.toString() === "outgoing_test" ? "passed" : "no"));
};

const over = "127.0.0.1";
const plain = (port: number): string => `ws://${over}:${port}/path?x=y`;
const secure = (port: number): string => `wss://${over}:${port}/`;
const refusing = (status: string) => () =>
  startHandshakeServer(() => `HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`);

const upgraded = { success: true, status: 101, upgraded: true, regex: false, ip: 4 } as const;
const failed = { success: false, status: 0, upgraded: false, regex: false, ip: 4 } as const;

/** Every case of `websocket` modules. */
export const websocketCases: readonly WebsocketCase[] = [
  {
    ...upgraded,
    name: "a handshake",
    websocket: "{}",
    server: () => startWebsocketServer(),
    target: plain,
    phases: handshake,
  },
  {
    ...upgraded,
    name: "a conversation",
    websocket:
      '{ query_response: [{ expect: "incoming_(.+)", send: "outgoing_${1}" }, { expect: "^passed" }] }',
    server: () => startWebsocketServer(greeting),
    target: plain,
    phases: whole,
  },
  {
    ...upgraded,
    name: "a conversation that begins with a message of the client",
    websocket: '{ query_response: [{ send: "hello" }, { expect: "hello" }] }',
    server: () => startWebsocketServer((socket) => socket.on("message", (data) => socket.send(data))),
    target: plain,
    phases: whole,
  },
  {
    ...upgraded,
    name: "a conversation that does not match",
    websocket:
      '{ query_response: [{ expect: "incoming_(.+)", send: "outgoing_${1}" }, { expect: "^other" }] }',
    server: () => startWebsocketServer(greeting),
    target: plain,
    success: false,
    regex: true,
    phases: whole,
  },
  {
    ...upgraded,
    name: "a connection that ends in the conversation",
    websocket: '{ query_response: [{ expect: "x" }] }',
    server: () => startWebsocketServer((socket) => socket.close()),
    target: plain,
    success: false,
    regex: true,
    phases: whole,
  },
  {
    ...upgraded,
    name: "TLS without verification, with credentials and headers",
    websocket:
      '{ http_config: { authorization: { credentials: token }, tls_config: { insecure_skip_verify: true } }, headers: { X-Should-Be-Sent: { values: ["true"] } } }',
    server: () =>
      startWebsocketServer(undefined, {
        tls: certificates.selfSigned,
        options: {
          verifyClient: ({ req }: { req: { headers: Record<string, unknown> } }) =>
            req.headers["authorization"] === "Bearer token" && req.headers["x-should-be-sent"] === "true",
        },
      }),
    target: secure,
    phases: handshake,
  },
  {
    ...failed,
    name: "TLS with an unknown authority",
    websocket: "{}",
    server: () => startWebsocketServer(undefined, { tls: certificates.good }),
    target: secure,
    phases: handshake,
  },
  {
    ...failed,
    name: "TLS at a server in plain text",
    websocket: "{}",
    server: () => startWebsocketServer(),
    target: secure,
    phases: handshake,
  },
  {
    ...failed,
    name: "a missing file of tls_config",
    websocket: "{ http_config: { tls_config: { ca_file: /does/not/exist } } }",
    server: () => startWebsocketServer(),
    target: plain,
    phases: [],
    ip: undefined,
  },
  ...[
    ["404 Not Found", 404],
    ["401 Unauthorized", 401],
    ["200 OK", 200],
    ["302 Found\r\nLocation: /", 302],
    ["503 Service Unavailable", 503],
  ].map(
    ([line, status]): WebsocketCase => ({
      ...failed,
      name: `an answer with status ${status}`,
      websocket: "{}",
      server: refusing(String(line)),
      target: plain,
      status: Number(status),
      phases: handshake,
    }),
  ),
  {
    ...failed,
    name: "an answer with the digest of another key",
    websocket: "{}",
    server: () => startHandshakeServer(() => accepted("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")),
    target: plain,
    status: 101,
    phases: handshake,
  },
  {
    ...failed,
    name: "an answer without Connection",
    websocket: "{}",
    server: () =>
      startHandshakeServer(
        (accept) => `HTTP/1.1 101 X\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      ),
    target: plain,
    status: 101,
    phases: handshake,
  },
  {
    ...failed,
    name: "an answer that is not HTTP",
    websocket: "{}",
    server: () => startHandshakeServer(() => "SSH-2.0-OpenSSH_9.2\r\n"),
    target: plain,
    phases: handshake,
  },
  {
    ...failed,
    name: "no answer",
    websocket: "{}",
    server: () => startHandshakeServer((_accept, socket) => void socket.end()),
    target: plain,
    phases: handshake,
  },
  { ...failed, name: "no server", websocket: "{}", target: plain, phases: ["resolve", "processing"] },
  {
    ...failed,
    name: "an unknown name",
    websocket: "{}",
    target: () => "ws://does-not-exist.invalid/",
    phases: [],
    ip: 0,
  },
  {
    ...failed,
    name: "no address of the IP version",
    websocket: "{ preferred_ip_protocol: ip6, ip_protocol_fallback: false }",
    target: plain,
    phases: [],
    ip: 0,
  },
  {
    ...failed,
    name: "no URL",
    websocket: "{}",
    target: (port) => `127.0.0.1:${port}`,
    phases: [],
    ip: undefined,
  },
];

/** Starts the server of a case, or finds a port without one. */
export const startFor = async (each: WebsocketCase): Promise<AsyncDisposable & { readonly port: number }> =>
  (await each.server?.()) ?? { port: CLOSED_PORT, [Symbol.asyncDispose]: async () => undefined };

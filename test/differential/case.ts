import type { Socket } from "node:net";
import type { certificates } from "./targets/certificates.ts";
import type { ReceivedRequest, Reply } from "./targets/requests.ts";
import type { ServerName } from "./targets/servers.ts";

/** The targets of one case. */
export interface Place {
  /** The path of the case on shared servers: `/` and its slug. */
  readonly path: string;
  readonly certificates: typeof certificates;
  /** Returns scheme, host and port of a server, without a trailing slash. */
  readonly origin: (server: ServerName, host?: string) => string;
  /** Returns the URL of the case on a server. */
  readonly url: (server: ServerName, host?: string) => string;
  readonly port: (server: ServerName) => number;
  /** Returns the absolute path of a file in files.ts. */
  readonly file: (name: string) => string;
}

/** A request to a case. */
export interface Request extends ReceivedRequest {
  /** Path and query after the path of the case. */
  readonly rest: string;
}

/** Responds to a request. */
export type Answer = (request: Request, reply: Reply, place: Place) => void;

/** Responds on a connection after the head of a request; `rest` as in {@link Request}. */
export type RawAnswer = (socket: Socket, place: Place, rest: string) => void;

type Text = string | ((place: Place) => string);

/** The expected end of a probe. Without it, a case in which both exporters fail for lack of a target would pass. */
export type Verdict = "success" | "failure" | 200 | 400 | 404 | 500;

/** One comparison of both exporters. */
export interface Case {
  readonly name: string;
  /** The verdict of blackbox_exporter; a number is the status of a request that does not probe. */
  readonly verdict: Verdict;
  /** The module's `http` in YAML, in braces. */
  readonly http?: Text;
  readonly timeout?: string;
  /** The server to probe; `http` by default. */
  readonly at?: ServerName;
  /** Host of the server; `127.0.0.1` by default. */
  readonly host?: string;
  /** Path and query after the path of the case. */
  readonly path?: string;
  /** A server of its own: one that serves every path (`own`), a proxy, or a proxy over TLS. */
  readonly needs?: "own" | "proxy" | "secureProxy";
  /** The whole target, instead of `at`, `host` and `path`. */
  readonly target?: (place: Place) => string;
  /** A `hello` with status 200 by default. */
  readonly answer?: Answer;
  /** Response of the server `raw`: bytes or a function. */
  readonly raw?: string | RawAnswer;
  /** Parameters of /probe to add or replace. */
  readonly parameters?: (place: Place) => Readonly<Record<string, string | undefined>>;
  /** Path and query of the request to the exporter, instead of /probe. */
  readonly ask?: (place: Place) => string;
  /** Headers of the scrape. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Runs between two probes, which are both compared. */
  readonly between?: (place: Place) => Promise<void>;
  /** Also compares which phases take longer than {@link LONG} seconds. */
  readonly slow?: true;
  /** Also compares User-Agent. */
  readonly agent?: true;
  /** Intended differences: anchors of docs/blackbox-differences.md, each with the lines of compare.ts. */
  readonly differs?: Readonly<Record<string, readonly string[]>>;
}

/** Seconds that a phase takes on loopback only if the target delays it. */
export const LONG = 0.35;

/** Returns the name of a case for paths and modules. */
export const slugOf = ({ name }: Case): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");

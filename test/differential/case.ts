import type { Socket } from "node:net";
import type { Arrived } from "./targets/arrived.ts";
import type { certificates } from "./targets/certificates.ts";
import type { ServerName } from "./targets/servers.ts";

/** Where one case takes place. */
export interface Place {
  /** `/` and the case's own part of paths on shared servers. */
  readonly path: string;
  readonly certificates: typeof certificates;
  /** Where a server listens: scheme, host and port, without a slash at the end. */
  readonly origin: (server: ServerName, host?: string) => string;
  /** The case's own folder on a server. */
  readonly url: (server: ServerName, host?: string) => string;
  readonly port: (server: ServerName) => number;
  /** Absolute path of one of the files in files.ts. */
  readonly file: (name: string) => string;
}

/** The part of a response object that answers need; the same for HTTP/1.1 and HTTP/2. */
export interface Reply {
  writeHead(status: number, headers?: Record<string, string | number | string[]>): unknown;
  write(chunk: string | Buffer): unknown;
  end(chunk?: string | Buffer): unknown;
  addTrailers?(headers: Record<string, string>): unknown;
}

/** A request that is to be answered. */
export interface Request extends Arrived {
  /** Path and query below the case's own folder. */
  readonly rest: string;
}

/** What a target does with a request. */
export type Answer = (request: Request, reply: Reply, place: Place) => void;

/** What a target does with a connection, once the head of the request is there; `rest` as in {@link Request}. */
export type RawAnswer = (socket: Socket, place: Place, rest: string) => void;

type Text = string | ((place: Place) => string);

/** How a probe has to end: a case in which both exporters fail for want of a target proves nothing. */
export type Verdict = "success" | "failure" | 200 | 400 | 404 | 500;

/** One comparison of both exporters. */
export interface Case {
  readonly name: string;
  /** What blackbox_exporter says; a number is the status of a request that is not answered with a probe. */
  readonly verdict: Verdict;
  /** YAML of the module's `http`, in braces. */
  readonly http?: Text;
  readonly timeout?: string;
  /** The server to probe; `http` by default. */
  readonly at?: ServerName;
  /** How the server is called; `127.0.0.1` by default. */
  readonly host?: string;
  /** Path and query below the case's own folder. */
  readonly path?: string;
  /** What this case alone needs: a server to which every path belongs (`own`), a proxy, or one over TLS. */
  readonly needs?: "own" | "proxy" | "secureProxy";
  /** The whole target, in place of the three above. */
  readonly target?: (place: Place) => string;
  /** A `hello` with status 200 by default. */
  readonly answer?: Answer;
  /** For the server `raw`: bytes, or what to do. */
  readonly raw?: string | RawAnswer;
  /** Further parameters of /probe, or others than usual. */
  readonly parameters?: (place: Place) => Readonly<Record<string, string | undefined>>;
  /** The whole request to the exporter, in place of /probe. */
  readonly ask?: (place: Place) => string;
  /** Headers of the scrape. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Done between two probes; the second one is compared as well. */
  readonly between?: (place: Place) => Promise<void>;
  /** Whether phases of more than {@link LONG} seconds have to be the same ones. */
  readonly slow?: true;
  /** Whether User-Agent is compared. */
  readonly agent?: true;
  /** Differences on purpose: anchors of docs/blackbox-differences.md, each with the lines that compare.ts gives. */
  readonly differs?: Readonly<Record<string, readonly string[]>>;
}

/** Seconds that no phase lasts on loopback unless the target wants it so. */
export const LONG = 0.35;

/** A name as it stands in paths and as the name of a module. */
export const slugOf = ({ name }: Case): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");

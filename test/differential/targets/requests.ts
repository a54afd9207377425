/** A request that a target received. */
export interface ReceivedRequest {
  readonly method: string;
  /** The target in the request line: path and query, a whole address at a proxy, `host:port` after CONNECT. */
  readonly target: string;
  /** `1.1`, `2.0`. */
  readonly version: string;
  /** Names and values in turn, as sent. Those of HTTP/2 have `host` instead of pseudo-headers. */
  readonly headers: readonly string[];
  readonly body: string;
  /** The server name that TLS sent, or false without one; undefined on plain connections. */
  readonly serverName: string | false | undefined;
  /** The subject of the client certificate, if any. */
  readonly client: string | undefined;
}

/** Returns the value of a header, by its name in lower case. */
export function headerOf({ headers }: ReceivedRequest, name: string): string | undefined {
  const at = headers.findIndex((text, i) => i % 2 === 0 && text.toLowerCase() === name);
  return at < 0 ? undefined : headers[at + 1];
}

/** The requests that the targets have received, by case. */
export interface RequestLog {
  add(slug: string, received: ReceivedRequest): void;
  /** Removes and returns the requests of a case, in order. */
  take(slug: string): readonly ReceivedRequest[];
}

/** Creates an empty log. */
export function newRequestLog(): RequestLog {
  const requests = new Map<string, ReceivedRequest[]>();
  return {
    add(slug, received) {
      requests.set(slug, [...(requests.get(slug) ?? []), received]);
    },
    take(slug) {
      const taken = requests.get(slug) ?? [];
      requests.delete(slug);
      return taken;
    },
  };
}

/** The part of a response object that answers use, the same for HTTP/1.1 and HTTP/2. */
export interface Reply {
  writeHead(status: number, headers?: Record<string, string | number | string[]>): unknown;
  write(chunk: string | Buffer): unknown;
  end(chunk?: string | Buffer): unknown;
  addTrailers?(headers: Record<string, string>): unknown;
}

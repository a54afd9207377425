/** A request as a target received it. */
export interface Arrived {
  readonly method: string;
  /** What stands in the request line: path and query, a whole address at a proxy, `host:port` after CONNECT. */
  readonly target: string;
  /** `1.1`, `2.0`. */
  readonly version: string;
  /** Names and values in turn, as sent; those of HTTP/2 without the ones that start with a colon, but with `host`. */
  readonly headers: readonly string[];
  readonly body: string;
  /** The name that TLS asked for, if any; undefined on plain connections. */
  readonly serverName: string | false | undefined;
  /** The subject of the client certificate that was shown, if any. */
  readonly client: string | undefined;
}

/** The value of a header, by its name in lower case. */
export function headerOf({ headers }: Arrived, name: string): string | undefined {
  const at = headers.findIndex((text, i) => i % 2 === 0 && text.toLowerCase() === name);
  return at < 0 ? undefined : headers[at + 1];
}

/** What the targets of each case have received since it was last asked for. */
export interface Register {
  note(slug: string, arrived: Arrived): void;
  /** The requests of a case, first to last; they are forgotten then. */
  take(slug: string): readonly Arrived[];
}

/** An empty register. */
export function newRegister(): Register {
  const requests = new Map<string, Arrived[]>();
  return {
    note(slug, arrived) {
      requests.set(slug, [...(requests.get(slug) ?? []), arrived]);
    },
    take(slug) {
      const taken = requests.get(slug) ?? [];
      requests.delete(slug);
      return taken;
    },
  };
}

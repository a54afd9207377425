import type { Environment } from "../document/convert.ts";
import { nearest } from "../document/describe.ts";

/** Prefixes of the exporter's variables. The rest of a name says what it sets. */
const PREFIX = /^(?:HEARTBEAT|FAILOVER|CONTEXT_API|MACHINE)_/;

/** Variables that look like ours: every one of these prefixes is taken for a mistake unless it is known. */
const OURS = /^(?:HEARTBEAT|FAILOVER|CONTEXT_API|MACHINE_(?:OFFLINE|HEARTBEAT))_/i;

/** A variable of services whose heartbeat logs are read: one ConfigMap often holds those of the service and of the exporter. */
const OF_SERVICES = new Set(["HEARTBEAT_INCLUDE_DETAILED_STATS"]);

/** Most typing mistakes in a name without one of our prefixes. More would find names of other programs. */
const MOST_EDITS = 2;

/** Variables that Kubernetes adds for each service; a service called `heartbeat` or `context-api` shares our prefixes. */
const SERVICE_LINK =
  /_(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT_[0-9]+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)$/;

/** Value of the variable `NAME_PORT` of such a service, which tells it from a guess such as `HEARTBEAT_PORT=8091`. */
const SERVICE_URL = /^(?:tcp|udp|sctp):\/\//;

/**
 * Returns a warning for each variable that is set, looks like one of the exporter's, and is unknown, with the name that was
 * probably meant.
 * @param known names of all variables
 * @param named variables that the file refers to as `${NAME}`, which are the operator's own
 */
export const unknownVariableWarnings = (
  env: Environment,
  known: readonly string[],
  named: ReadonlySet<string>,
): readonly string[] =>
  Object.keys(env)
    .toSorted()
    .filter((name) => {
      const value = env[name]?.trim() ?? "";
      return (
        value !== "" &&
        !known.includes(name) &&
        !named.has(name) &&
        !OF_SERVICES.has(name) &&
        !isServiceLink(name, value)
      );
    })
    .flatMap((name) => {
      const meant = OURS.test(name) ? meantBy(name, known) : nearest(name, known, MOST_EDITS);
      if (meant === undefined && !OURS.test(name)) return [];
      return [`${name}: unknown variable${meant === undefined ? "" : ` (did you mean ${meant}?)`}`];
    });

const isServiceLink = (name: string, value: string): boolean =>
  SERVICE_LINK.test(name) || (name.endsWith("_PORT") && SERVICE_URL.test(value));

/** Returns the known name that is a typing mistake away, or else the shortest one that has all words of `name`. */
function meantBy(name: string, known: readonly string[]): string | undefined {
  const typed = nearest(name, known, MOST_EDITS);
  if (typed !== undefined) return typed;
  const prefix = PREFIX.exec(name.toUpperCase())?.[0] ?? "";
  const rests = known.filter((one) => one.startsWith(prefix)).map((one) => one.slice(prefix.length));
  const rest = nearest(name.slice(prefix.length), rests);
  return rest === undefined ? withWordsOf(name.slice(prefix.length), known) : `${prefix}${rest}`;
}

function withWordsOf(rest: string, known: readonly string[]): string | undefined {
  const words = rest.toUpperCase().split("_");
  const [best] = known
    .filter((one) => words.every((word) => one.split("_").includes(word)))
    .toSorted((a, b) => a.length - b.length);
  return best;
}

import { type LookupAddress, lookup as systemLookup } from "node:dns";
import { Resolver as CaresResolver } from "node:dns/promises";
import { isIP, type LookupFunction } from "node:net";
import { domainToASCII } from "node:url";
import type { Clock } from "../core/clock.ts";
import { seconds } from "../core/units.ts";
import { ordered } from "./address-order.ts";
import { parseHosts } from "./hosts-file.ts";
import { createPacer } from "./pacer.ts";
import { parseResolvConf, type ResolvConf, searchedNames } from "./resolv-conf.ts";
import { watchedFile } from "./watched-file.ts";

/** The error of a name that was not resolved. */
export class ResolveError extends Error {
  override readonly name = "ResolveError";
  /** As getaddrinfo says it: the name does not exist, or no server could tell. */
  readonly code: "ENOTFOUND" | "EAI_AGAIN";

  constructor(message: string, code: ResolveError["code"]) {
    super(message);
    this.code = code;
  }
}

/** Resolves host names without threads: a name whose servers do not answer keeps no other name waiting. */
export interface Resolver {
  /**
   * Returns the addresses of a host, at least one, in the order in which to try them; of an IP address, itself.
   * @throws ResolveError if the name does not exist, or no server gave an answer
   */
  resolve(host: string): Promise<readonly [LookupAddress, ...LookupAddress[]]>;
  /** The same in the form of `dns.lookup`, for `net.connect` and HTTP clients. */
  readonly lookup: LookupFunction;
}

/** Sources of names. The defaults are those of the C library. */
export interface ResolverOptions {
  readonly hostsFile?: string;
  readonly resolvConf?: string;
  readonly nsswitch?: string;
  /** Port of the name servers. */
  readonly port?: number;
  /** Asks the C library, for sources that only it knows. */
  readonly system?: (name: string) => Promise<readonly LookupAddress[]>;
}

/** Lookups that begin in one turn of the event loop. */
const LOOKUPS_PER_TURN = 16;

/** Calls of getaddrinfo at once. Each keeps one of the threads that files are read with, for as long as it takes. */
const SYSTEM_LOOKUPS = 2;

/**
 * Creates a resolver on c-ares. `dns.lookup` waits in one of four threads for each name, also after the caller has given
 * up, so that a few names whose servers hang stop all probes of the exporter.
 *
 * It reads `/etc/hosts` and `/etc/resolv.conf` (`search`, `ndots`, `timeout`, `attempts`) and reads them again when they
 * change. Where nsswitch.conf, or the platform, has other sources (mDNS, LDAP), names that DNS does not know are asked of
 * the C library. Nothing is cached.
 */
export function createResolver(clock: Clock, options: ResolverOptions = {}): Resolver {
  const hosts = watchedFile(options.hostsFile ?? "/etc/hosts", parseHosts, clock);
  const client = watchedFile(
    options.resolvConf ?? "/etc/resolv.conf",
    (text) => clientOf(parseResolvConf(text), clock, options.port),
    clock,
  );
  const hasOtherSources = watchedFile(options.nsswitch ?? "/etc/nsswitch.conf", otherSources, clock);
  const turn = createPacer(LOOKUPS_PER_TURN);
  const system = limited(options.system ?? systemAddresses, SYSTEM_LOOKUPS);

  const resolve: Resolver["resolve"] = async (host) => {
    if (isIP(host) !== 0) return [{ address: host, family: isIP(host) }];
    const name = asciiName(host);
    if (isIP(name) !== 0) return [{ address: name, family: isIP(name) }];
    const bare = name.replace(/\.$/u, "");
    const known = (await hosts()).get(bare) ?? (bare === "localhost" ? ["127.0.0.1", "::1"] : []);
    const [first, ...more] = ordered(known.map((address) => ({ address, family: isIP(address) })));
    if (first !== undefined) return [first, ...more];
    try {
      // Before the turn, which would otherwise be spent waiting for a file.
      const servers = await client();
      const ourTurn = turn();
      if (ourTurn !== undefined) await ourTurn;
      return await servers.resolve(name);
    } catch (error) {
      const isUnknown = error instanceof ResolveError && error.code === "ENOTFOUND";
      if (!isUnknown || !(await hasOtherSources())) throw error;
      const [found, ...others] = await system(name);
      if (found === undefined) throw error;
      return [found, ...others];
    }
  };

  return { resolve, lookup: lookupOf(resolve) };
}

/** A host as DNS and the hosts file have it. Numeric spellings of IPv4 addresses (`2130706433`, `0x7f.1`) become addresses. */
function asciiName(host: string): string {
  const name = domainToASCII(host);
  if (name === "" || name.length > 254) throw new ResolveError(`${host} is not a host name`, "ENOTFOUND");
  return name.toLowerCase();
}

interface DnsClient {
  resolve(name: string): Promise<readonly [LookupAddress, ...LookupAddress[]]>;
}

function clientOf(conf: ResolvConf, clock: Clock, port: number | undefined): DnsClient {
  const cares = new CaresResolver({ timeout: conf.timeout * 1000, tries: conf.attempts });
  cares.setServers(
    conf.servers.map((server) =>
      port === undefined ? server : `${isIP(server) === 6 ? `[${server}]` : server}:${port}`,
    ),
  );
  return {
    async resolve(name) {
      let failure: ResolveError | undefined;
      for (const candidate of searchedNames(name, conf)) {
        const found = await addressesOf(candidate, cares, clock);
        if (found instanceof ResolveError) failure ??= found;
        else if (found !== undefined) return found;
      }
      throw failure ?? new ResolveError(`${name} is unknown to the resolver`, "ENOTFOUND");
    },
  };
}

/** Returns the addresses of exactly this name, `undefined` if it has none, or the error of the servers. */
async function addressesOf(
  name: string,
  cares: CaresResolver,
  clock: Clock,
): Promise<readonly [LookupAddress, ...LookupAddress[]] | ResolveError | undefined> {
  const ask = () => Promise.allSettled([cares.resolve4(name), cares.resolve6(name)]);
  const stalledBefore = clock.stalled();
  let answers = await ask();
  // The timers of c-ares run before an answer is read that arrived during a stall of the event loop. It is asked again once
  // only, as the lookup may have been abandoned.
  if (answers.some(timedOut) && clock.stalled() - stalledBefore > SHORTEST_TRY) answers = await ask();
  const addresses = answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
  const [first, ...more] = ordered(addresses.map((address) => ({ address, family: isIP(address) })));
  if (first !== undefined) return [first, ...more];
  const failed = answers.flatMap((answer) => (answer.status === "rejected" ? [codeOf(answer.reason)] : []));
  const temporary = failed.find((code) => !NO_ADDRESS.has(code));
  return temporary === undefined
    ? undefined
    : new ResolveError(`the name servers gave no answer about ${name} (${temporary})`, "EAI_AGAIN");
}

/** Time for which c-ares waits at least for an answer before it asks again or gives up. */
const SHORTEST_TRY = seconds(0.25);

const timedOut = (answer: PromiseSettledResult<unknown>): boolean =>
  answer.status === "rejected" && codeOf(answer.reason) === "ETIMEOUT";

/** Answers of a server that knows the name to have no address. */
const NO_ADDRESS: ReadonlySet<string> = new Set(["ENOTFOUND", "ENODATA", "EBADNAME"]);

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "EBADRESP";

/** Sources of `hosts` in nsswitch.conf that this resolver has itself, or that only know what the others know. */
const OWN_SOURCES: ReadonlySet<string> = new Set(["files", "dns", "myhostname", "resolve"]);

/** Reports whether names may have sources besides files and DNS. Without nsswitch.conf, as in containers, Linux has none. */
function otherSources(nsswitch: string): boolean {
  const [, sources] = /^\s*hosts:(.*)$/mu.exec(nsswitch) ?? [];
  if (sources === undefined) return process.platform !== "linux";
  const names = sources
    .replace(/#.*$/u, "")
    .replace(/\[[^\]]*\]/gu, " ")
    .trim()
    .split(/\s+/u);
  return names.some((name) => !OWN_SOURCES.has(name));
}

const systemAddresses = (name: string): Promise<readonly LookupAddress[]> =>
  new Promise((resolve) => {
    systemLookup(name, { all: true }, (error, addresses) => resolve(error === null ? addresses : []));
  });

/** Runs at most `most` calls of `ask` at once; the others wait in order. */
function limited<Answer>(
  ask: (name: string) => Promise<Answer>,
  most: number,
): (name: string) => Promise<Answer> {
  let free = most;
  const waiting: (() => void)[] = [];
  return async (name) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await ask(name);
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}

/**
 * Serves `resolve` in the form of `dns.lookup`. The answer comes in a later tick: a name of the hosts file is found before a
 * request gets its socket, which happens in the next tick, and its client would miss the socket's event `lookup`.
 */
const lookupOf =
  (resolve: Resolver["resolve"]): LookupFunction =>
  async (hostname, options, done) => {
    const callback: typeof done = (...answer) => process.nextTick(done, ...answer);
    let found: readonly LookupAddress[];
    try {
      found = await resolve(hostname);
    } catch (error) {
      return callback(error as NodeJS.ErrnoException, []);
    }
    const family = options.family === "IPv4" ? 4 : options.family === "IPv6" ? 6 : (options.family ?? 0);
    const addresses = family === 0 ? found : found.filter((each) => each.family === family);
    const [first] = addresses;
    if (first === undefined) {
      return callback(new ResolveError(`${hostname} has no IPv${family} address`, "ENOTFOUND"), []);
    }
    return options.all === true
      ? callback(null, [...addresses])
      : callback(null, first.address, first.family);
  };

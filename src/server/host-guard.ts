import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { RequestHandler } from "express";
import { excerpt } from "../core/excerpt.ts";
import { matchesHost, parseHostHeader } from "../core/host-header.ts";
import { refuse } from "./refuse.ts";
import type { RouteContext } from "./route-context.ts";

/**
 * Ends of names that no stranger can have resolved to an address of their choice: they are reserved, or no registry has them.
 * https://www.iana.org/assignments/special-use-domain-names, https://www.icann.org/en/board-activities-and-meetings/materials/approved-resolutions-special-meeting-of-the-icann-board-29-07-2024-en
 */
const PRIVATE_ENDS = [
  "localhost",
  "localdomain",
  "local",
  "internal",
  "lan",
  "home",
  "corp",
  "home.arpa",
  "svc",
];

/** Reports whether the name is one of this machine, a container, a Kubernetes service or a private network: no public one. */
const isPrivateName = (name: string): boolean =>
  /^[\w-]+$/.test(name) || PRIVATE_ENDS.some((end) => name.endsWith(`.${end}`));

/**
 * Reports whether a page in a browser may have sent the request. Browsers send `Sec-Fetch-*` and `Origin` only with some requests over
 * plain HTTP, but always `Accept-Language`, which scripts can change and not remove. The fetch of Node.js has that header as
 * well, together with `Sec-Fetch-Mode` alone, which scripts cannot set.
 */
function mayBeBrowser(headers: IncomingHttpHeaders): boolean {
  if (["origin", "referer", "cookie", "sec-fetch-site"].some((name) => headers[name] !== undefined))
    return true;
  return headers["accept-language"] !== undefined && headers["sec-fetch-mode"] === undefined;
}

/** Settings of the guard. */
interface HostRules {
  /** `web.allowed_hosts`, in lower case. */
  readonly allowed: readonly string[] | undefined;
  /** Names of the exporter's own addresses, in lower case. */
  readonly own: readonly string[];
}

/** Returns a function that returns the settings of the guard at present. */
export function hostRules(context: RouteContext): () => HostRules {
  const namedByFlags = hostsOf(context);
  return () => {
    const { allowedHosts: allowed, advertisedHost } = context.config().web;
    return { allowed, own: advertisedHost === undefined ? namedByFlags : [...namedByFlags, advertisedHost] };
  };
}

/**
 * Returns why a request is not answered under the name that it was sent to; `undefined` if it is. A page that has made its own name
 * resolve to the exporter (DNS rebinding) could read the answers as its own. Such a page needs a browser, a public name, and plain
 * HTTP, because the exporter's certificate is not for that name.
 */
export function hostObjection(req: IncomingMessage, { allowed, own }: HostRules): string | undefined {
  const text = req.headers.host;
  // Browsers always send one.
  if (text === undefined || text === "") return undefined;
  const host = parseHostHeader(text);
  if (host.kind === "address") return undefined;
  const { name } = host;
  if (name === "localhost" || own.includes(name)) return undefined;
  const got = JSON.stringify(excerpt(text, [], 100));
  if (allowed !== undefined) {
    return matchesHost(allowed, name)
      ? undefined
      : `host: got ${got}, want a name in web.allowed_hosts, or an IP address`;
  }
  if (isPrivateName(name) || "encrypted" in req.socket || !mayBeBrowser(req.headers)) return undefined;
  return `host: got ${got} from a browser, which needs that name in web.allowed_hosts or --web.external-url (against DNS rebinding)`;
}

/** Refuses requests that were sent to a name which is not the exporter's, before any route reads them. */
export function hostGuard(context: RouteContext): RequestHandler {
  const { routePrefix, refusals } = context;
  const rules = hostRules(context);
  return (req, res, next) => {
    const current = rules();
    // A page can send a ping to any name, so that rebinding gains it nothing; and a ping that is refused causes an alert.
    if (current.allowed === undefined && req.path.startsWith(`${routePrefix}/ping/`)) return next();
    const objection = hostObjection(req, current);
    if (objection === undefined) return next();
    refusals.record({ reason: "host", detail: objection, from: req.ip });
    res.set("Connection", "close");
    refuse(res, 403, objection);
  };
}

/** Returns the names in the addresses that flags give the exporter. */
const hostsOf = ({ externalUrl, shardUrl, config }: RouteContext): readonly string[] =>
  [externalUrl, shardUrl?.(config().sharding?.shard.index ?? 0)].flatMap((url) => url?.hostname ?? []);

import type { IncomingMessage } from "node:http";
import { tokenTestOf } from "./control.ts";
import { parsePingPath, pingToken } from "./ping-path.ts";
import type { RouteContext } from "./route-context.ts";
import { CONTEXT_API_ROUTES, METHODS, ROUTES } from "./route-table.ts";

/** A kind of request that its route authenticates, so that basic authentication does not. */
interface OwnGuard {
  readonly methods: readonly string[];
  /** Matches the path below the route prefix. */
  readonly path: RegExp;
  /** Reports whether the route demands credentials of the request. `name` is the first group of `path`. */
  readonly isSet: (context: RouteContext, name: string, req: IncomingMessage) => boolean;
}

const OWN_GUARDS: readonly OwnGuard[] = [
  {
    methods: ["GET", "HEAD", "POST"],
    path: /^\/ping(\/.*)$/,
    isSet({ pushes }, path) {
      const ping = parsePingPath(path);
      return !("status" in ping) && pingToken(pushes, ping.name) !== undefined;
    },
  },
  {
    methods: ["POST"],
    path: /^\/alertmanager\/relay\/([^/]+)$/,
    isSet: ({ relays }, name) => relays.find(name) !== undefined,
  },
  {
    methods: ["POST"],
    path: /^\/alertmanager\/actions\/([^/]+)$/,
    isSet: ({ actions }, name) => actions.find(name) !== undefined,
  },
  ...tokenRoutes(),
];

/** Returns the routes whose first handler demands the control token or that of components. */
function tokenRoutes(): readonly OwnGuard[] {
  return [...ROUTES, ...CONTEXT_API_ROUTES].flatMap((route) =>
    METHODS.flatMap((method) => {
      const needsToken = tokenTestOf(route[method]?.[0]);
      if (needsToken === undefined) return [];
      return {
        methods: method === "get" ? ["GET", "HEAD"] : [method.toUpperCase()],
        path: new RegExp(`^${route.path.replaceAll(/:\w+/g, "[^/]+")}$`),
        isSet: (context, _name, req) => needsToken(context, req),
      };
    }),
  );
}

/** Any URL that Express could understand differently from this file. */
const UNUSUAL_URL = /[^\x21-\x7e]|[#\\]/;

/**
 * Creates the test for requests that their routes authenticate by a token or a password of their own. All other requests
 * need a user of `--web.config.file`, also those of the same routes while no token is configured for them.
 */
export const createOwnCredentials =
  (context: RouteContext) =>
  (req: IncomingMessage): boolean => {
    const { url = "", method = "" } = req;
    const { routePrefix } = context;
    const isBelow = !UNUSUAL_URL.test(url) && url.startsWith(`${routePrefix}/`);
    const [path = ""] = url.slice(routePrefix.length).split("?");
    return (
      isBelow &&
      OWN_GUARDS.some((guard) => {
        const [match, name = ""] = guard.path.exec(path) ?? [];
        return match !== undefined && guard.methods.includes(method) && guard.isSet(context, name, req);
      })
    );
  };

import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { excerpt } from "../core/excerpt.ts";

/**
 * Addresses that programs on this machine have when they connect to it by its loopback interface. Not all of 127.0.0.0/8: service
 * meshes use others, such as 127.0.0.6, for requests that come from outside.
 */
const LOOPBACK: ReadonlySet<string> = new Set(["127.0.0.1", "::1", "::ffff:127.0.0.1"]);

/** `Host` of requests that name this machine as only it does itself. Any other name may lead elsewhere tomorrow (DNS rebinding). */
const LOOPBACK_HOST = /^(?:localhost|ip6-localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

/** Headers by which proxies tell on whose behalf they send a request. */
const FORWARDED =
  /^(?:forwarded|via|x-real-ip|cf-connecting-ip|x-(?:forwarded|envoy|original)-.+|(?:.+-)?client-ip)$/;

/** Headers that browsers send with a POST, and programs do not. The fetch of Node.js sends `Sec-Fetch-Mode`. */
const FROM_BROWSER = /^(?:origin|referer|sec-fetch-site)$/;

/**
 * Returns why a request may not come from a program on this machine: from another machine, through a unix socket or a proxy, whose
 * clients may be anywhere, or from a page in a browser. Returns `undefined` if it does come from one. The text completes the
 * sentence "the request ...".
 */
export function localObjection({ socket, headers }: IncomingMessage): string | undefined {
  const { remoteAddress } = socket;
  if (remoteAddress === undefined) return "came through a unix socket, as those of proxies do";
  if (!LOOPBACK.has(remoteAddress)) return `came from ${remoteAddress}`;
  const forwarded = headerLike(FORWARDED, headers);
  if (forwarded !== undefined) return `has the header ${forwarded}, as those of proxies do`;
  const browser = headerLike(FROM_BROWSER, headers);
  if (browser !== undefined) return `has the header ${browser}, as those of browsers do`;
  const { host } = headers;
  if (host === undefined) return "has no header host";
  return LOOPBACK_HOST.test(host) ? undefined : `is for the host ${JSON.stringify(excerpt(host, [], 60))}`;
}

const headerLike = (pattern: RegExp, headers: IncomingHttpHeaders): string | undefined =>
  Object.keys(headers).find((name) => pattern.test(name));

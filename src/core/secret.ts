import { inspect } from "node:util";
import { createBoundedCache } from "./bounded-cache.ts";

/** The text that every output shows in place of a secret. */
export const REDACTED = "<secret>";

/** A value that never prints itself. `reveal` reads it, possibly from a file, and rejects if that fails. */
export class Secret {
  readonly #read: () => Promise<string>;

  constructor(read: () => Promise<string>) {
    this.#read = read;
  }

  reveal(): Promise<string> {
    return this.#read();
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}

/** Makes a secret from a value in the configuration or the environment. */
export const knownSecret = (value: string): Secret => new Secret(async () => value);

/** The parts of an address that may be secret. */
export type AddressPart = "user" | "path" | "query" | "fragment";

/**
 * Decides which parts of an address may be shown.
 * @param name of the parameter of the query that has the value; undefined for other parts
 */
export type IsPublic = (text: string, part: AddressPart, name?: string) => boolean;

/** Parameters that select what an address is about, and values that they have. */
const PUBLIC_NAME =
  /^(?:api[-_]version|v|version|format|full|verbose|pretty|ready|check|checks|lang|depth|level)$/i;
const PUBLIC_VALUE = /^[\w.-]{0,20}$/;

/** Accepts values that select what an address is about, such as `api-version=2024-06-01`. */
export const isPublicValue: IsPublic = (text, _, name = "") =>
  PUBLIC_NAME.test(name) && PUBLIC_VALUE.test(text);

/**
 * Everything before the last `@` of the authority. As in blackbox_exporter, an address needs no scheme. One with a slash too few or
 * too many has its password elsewhere, which is no less secret.
 */
const USERINFO = /^([a-z][a-z0-9+.-]*:\/{1,3})?([^/?#]+)@/i;

/** The authority of an address, with or without a scheme, then its path. In `namespace/lease` there is none. */
const URL_PATH = /^([a-z][a-z0-9+.-]*:\/\/[^/]*|[^/]*[.:@][^/]*)(\/.*)$/is;

/** Parts of a path that are made to be unguessable: UUIDs, tokens of Telegram, and long runs of letters and digits. */
const UNGUESSABLE =
  /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$|^bot\d+:|(?=[a-z]*\d)(?=\d*[a-z])[a-z0-9]{20,}/i;

/**
 * Removes from the address of a target what may be secret: user and password, the values of its query except harmless ones such as
 * `api-version=2024-06-01`, its fragment, and unguessable parts of its path. Paths of files and sockets are returned unchanged.
 */
export const redactAddress = (address: string): string => redactionOf(address).shown;

/** An address with its secrets. */
interface Redaction {
  /** The address without its secret parts. */
  readonly shown: string;
  /** The parts that are hidden and long enough to be looked for in texts. */
  readonly parts: readonly string[];
}

/** Most addresses whose redaction is remembered: a probe asks for it several times. */
const MOST_ADDRESSES = 200;

const knownRedactions = createBoundedCache<Redaction>(MOST_ADDRESSES);

const redactionOf = (address: string): Redaction =>
  knownRedactions.get(address, () => {
    const parts: string[] = [];
    const shown = hideParts(address, (text, part, name) => {
      const isPublic = isPublicValue(text, part, name);
      const shortest = isCredential(text, part, name) ? SHORTEST_CREDENTIAL : SHORTEST_PART;
      const texts = [text, ...(part === "user" ? text.split(":") : [])];
      if (!isPublic) parts.push(...texts.filter((one) => one.length >= shortest));
      return isPublic;
    });
    return { shown, parts };
  });

/** Removes from an address the parts that are not public. */
export function hideParts(address: string, isPublic: IsPublic): string {
  if (/^[/@]/.test(address)) return address;
  const [, head = "", query, fragment] = /^([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(address) ?? [];
  const shown: Shown = (text, part, name) => (isPublic(text, part, name) ? text : REDACTED);
  const authority = head.replace(
    USERINFO,
    (_, scheme: string = "", user: string) => `${scheme}${shown(user, "user")}@`,
  );
  const path = authority.replace(URL_PATH, (_, before: string, whole: string) => {
    const parts = whole.split("/").map((part) => (UNGUESSABLE.test(part) ? shown(part, "path") : part));
    return before + parts.join("/");
  });
  const parameters = query?.split("&").map((pair) => {
    const at = pair.indexOf("=");
    if (at === -1) return pair === "" ? "" : shown(pair, "query");
    const value = pair.slice(at + 1);
    return `${pair.slice(0, at)}=${value === "" ? "" : shown(value, "query", pair.slice(0, at))}`;
  });
  return [
    path,
    parameters === undefined ? "" : `?${parameters.join("&")}`,
    fragment === undefined || fragment === "" ? "" : `#${shown(fragment, "fragment")}`,
  ].join("");
}

type Shown = (...part: Parameters<IsPublic>) => string;

/** A URL within a text. */
const URLS = /[a-z][a-z0-9+.-]*:\/\/[^\s"'<>\\]+/gi;

/**
 * Removes from every URL in a text what may be secret.
 * @param isPublic decides which other parts may be shown
 */
export const redactUrls = (text: string, isPublic: IsPublic = isPublicValue): string =>
  text.includes("://")
    ? text.replace(URLS, (url) => hideParts(url, (...part) => isPublic(...part) || isPublicValue(...part)))
    : text;

/** Parameters whose values are credentials. */
const SECRET_NAME = /key|token|secret|pass|pwd|sig|auth|code|cred|jwt|session|sid$/i;

/** Returns true for a part of an address that is a credential by its place; other hidden parts only may be. */
export const isCredential: IsPublic = (_, part, name) =>
  part === "user" || (part === "query" && (name === undefined || SECRET_NAME.test(name)));

/** Shortest credential, and shortest other part, that is redacted wherever it appears: shorter ones are found in ordinary words. */
const SHORTEST_CREDENTIAL = 4;
const SHORTEST_PART = 8;

/**
 * Returns the texts that no output about an address may contain, the longest first: its secret parts as they are written, decoded,
 * and as headers and JSON contain them. Empty for most addresses.
 */
export function secretsOf(address: string): readonly string[] {
  const { parts } = redactionOf(address);
  if (parts.length === 0) return parts;
  const texts = new Set(parts.flatMap((text) => [text, decoded(text), decoded(text.replaceAll("+", " "))]));
  const forms = new Set<string>();
  for (const text of texts) {
    forms.add(text);
    forms.add(JSON.stringify(text).slice(1, -1));
    forms.add(Buffer.from(text).toString("base64"));
  }
  return [...forms].toSorted((a, b) => b.length - a.length);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Groups for the key exchange that can be offered, by their names in OpenSSL, with the names that Node.js returns for them. */
const GROUPS = {
  X25519MLKEM768: "X25519MLKEM768",
  X25519: "X25519",
  "P-256": "prime256v1",
  "P-384": "secp384r1",
  "P-521": "secp521r1",
} as const;

/** Name of a group for the key exchange. */
export type Group = keyof typeof GROUPS;

/** Groups that can be offered; also the default, which is that of browsers and of Go's client, in their order. */
export const GROUP_NAMES = Object.keys(GROUPS) as [Group, ...Group[]];

/** Returns the group with the name that `getEphemeralKeyInfo` returns. */
export const groupNamed = (name: string): Group | undefined =>
  GROUP_NAMES.find((group) => GROUPS[group] === name);

/**
 * Renders groups as OpenSSL's `ecdhCurve`, the preferred one first. A star marks those for which the client sends a key share. A
 * server that wants another group asks for its share, which takes a second round trip.
 */
export const groupList = (groups: readonly Group[], shares: readonly Group[]): string =>
  groups.map((group) => `${shares.includes(group) ? "*" : ""}${group}`).join(":");

/**
 * Returns the groups for which a client that knows nothing about the server sends key shares: the first, and X25519 beside
 * ML-KEM, as browsers and Go do, so that a server without ML-KEM needs no second round trip.
 */
export const firstShares = (groups: readonly Group[]): readonly Group[] =>
  groups[0] === "X25519MLKEM768" && groups[1] === "X25519" ? groups.slice(0, 2) : groups.slice(0, 1);

/** Returns the groups with a star in an `ecdhCurve`. */
export const sharesIn = (list = ""): readonly Group[] =>
  GROUP_NAMES.filter((group) => list.split(":").includes(`*${group}`));

/** Returns an `ecdhCurve` in which only `share` has a star. */
export const withShare = (list = "", share: Group): string =>
  list
    .replaceAll("*", "")
    .split(":")
    .map((group) => (group === share ? `*${group}` : group))
    .join(":");

/** Most servers that are remembered. Beyond that all are forgotten. */
const MOST_SERVERS = 20_000;

/**
 * Remembers which of several key shares each server chose. To compute the others takes up to a tenth of the time of a
 * handshake, so later handshakes send that one alone. A server whose choice changes has several machines behind one address. All
 * shares are sent to it from then on, because a second round trip would be measured as the server's.
 */
export interface KeyShares {
  /** Returns the only group whose share has to be sent; `undefined` for all of `shares`. */
  choice(server: string): Group | undefined;
  /** Records the group of a handshake. */
  record(server: string, group: Group): void;
}

/** @param shares the groups whose shares are sent to a server that is not known */
export function createKeyShares(shares: readonly Group[]): KeyShares {
  const choices = new Map<string, Group | "several">();
  return {
    choice(server) {
      const known = choices.get(server);
      return known === "several" ? undefined : known;
    },
    record(server, group) {
      const known = choices.get(server);
      if (known === undefined && !shares.includes(group)) return;
      if (choices.size >= MOST_SERVERS) choices.clear();
      choices.set(server, known === undefined || known === group ? group : "several");
    },
  };
}

import { inspect } from "node:util";

/** What is printed instead of a secret, in every output. */
export const REDACTED = "<secret>";

/** A value that never prints itself. `reveal` reads it, possibly from a file, and rejects when it cannot be had. */
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

/** A secret that is known already, as written in the configuration or taken from the environment. */
export const knownSecret = (value: string): Secret => new Secret(async () => value);

/** Everything before the last `@` of the authority; as in blackbox_exporter, a target needs no scheme. */
const USERINFO = /^([a-z][a-z0-9+.-]*:\/\/)?[^/?#]*@/i;

/** The address of a target as it may be shown: without the user and password that may stand in it. */
export const redactAddress = (address: string): string => address.replace(USERINFO, `$1${REDACTED}@`);

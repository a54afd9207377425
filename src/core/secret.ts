import { inspect } from "node:util";

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

/** Everything before the last `@` of the authority. As in blackbox_exporter, an address needs no scheme. */
const USERINFO = /^([a-z][a-z0-9+.-]*:\/\/)?[^/?#]*@/i;

/** Removes user and password from the address of a target. */
export const redactAddress = (address: string): string => address.replace(USERINFO, `$1${REDACTED}@`);

import { randomInt } from "node:crypto";
import type { DnsModule } from "./options.ts";
import { encodeQuery, type Question } from "./wire/message.ts";

/** One query, ready to be sent. */
export interface Query {
  /** A random number, which the response has to repeat. */
  readonly id: number;
  readonly question: Question;
  readonly content: Buffer;
}

/** Makes the query of a module, with an id of its own. */
export function makeQuery({ question, encodedName, recursionDesired }: DnsModule): Query {
  const id = randomInt(0x10000);
  return { id, question, content: encodeQuery(id, encodedName, question, recursionDesired) };
}

import { excerpt } from "../../core/excerpt.ts";
import type { Query } from "./query.ts";
import { type Failure, failure } from "./reasons.ts";
import { className, RCODES, TYPES, typeName } from "./wire/codes.ts";
import { decodeMessage, type Message, type Question } from "./wire/message.ts";
import { isSameName } from "./wire/names.ts";
import type { ResourceRecord } from "./wire/records.ts";

/** A response to a query. Its records may be incomplete if it is truncated. */
export interface Response {
  readonly ok: true;
  readonly message: Message;
}

/** Returns true if `content` begins with the id of the query. Anything else that arrives over UDP is not for this probe. */
export const isFor = (content: Buffer, { id }: Query): boolean =>
  content.length >= 2 && content.readUInt16BE() === id;

/**
 * Reads what came in response to a query. A server that repeats the query, answers another question or sends records of
 * another name does not answer it.
 */
export function readResponse(content: Buffer, query: Query): Response | Failure {
  const message = decodeMessage(content);
  if (message === undefined) return malformed(`it has ${content.length} bytes`);
  const objection = objectionTo(message, query);
  return objection === undefined ? { ok: true, message } : malformed(objection);
}

const malformed = (why: string): Failure =>
  failure("malformed", `the response is not usable: ${excerpt(why)}`);

function objectionTo(message: Message, { id, question }: Query): string | undefined {
  if (message.id !== id) return `its id is ${message.id}, want ${id}`;
  if (!message.isResponse) return "it is a query";
  if (message.opcode !== 0) return `its opcode is ${message.opcode}, want 0`;
  const objection = questionObjection(message, question);
  // The records that a truncated response lacks may be the aliases that lead to the others.
  if (objection !== undefined || message.isTruncated) return objection;
  return message.defect ?? recordObjection(message, question);
}

function questionObjection({ questions, rcode, defect }: Message, wanted: Question): string | undefined {
  const [question, ...others] = questions;
  if (question === undefined) {
    // Refusals and errors may leave out the question.
    return rcode === RCODES["NOERROR"] || defect !== undefined ? (defect ?? "it has no question") : undefined;
  }
  if (others.length > 0) return `it has ${questions.length} questions`;
  const { name, type, class: code } = question;
  if (isSameName(name, wanted.name) && type === wanted.type && code === wanted.class) return undefined;
  return `it answers ${textOf(question)}, not ${textOf(wanted)}`;
}

/** Writes a question for logs and error texts. */
export const textOf = ({ name, type, class: code }: Question): string =>
  `${name} ${className(code)} ${typeName(type)}`;

function recordObjection({ answer, additional }: Message, { name, type }: Question): string | undefined {
  if (additional.at(-1)?.type === TYPES["TSIG"])
    return "it is signed with a key that the exporter does not have";
  if (type === TYPES["AXFR"] || type === TYPES["IXFR"]) return undefined;
  const stranger = strangerIn(answer, name);
  return stranger === undefined
    ? undefined
    : `a record is for ${stranger.name}, which ${name} does not lead to`;
}

/** Returns a record of an answer that is not for `name`, nor for a name that its aliases lead to. */
function strangerIn(answer: readonly ResourceRecord[], name: string): ResourceRecord | undefined {
  const aliases = Map.groupBy(
    answer.filter(({ type }) => type === TYPES["CNAME"]),
    (record) => record.name.toLowerCase(),
  );
  const reached = new Set([name.toLowerCase()]);
  // A set is iterated over what is added to it meanwhile.
  for (const each of reached)
    for (const { words } of aliases.get(each) ?? []) reached.add((words[0] ?? "").toLowerCase());
  return answer.find((record) => !reached.has(record.name.toLowerCase()) && !isParentAlias(record, reached));
}

/** Returns true for an alias of all names below one (DNAME), or its signature, if one of `names` is below it. */
function isParentAlias({ name, type, words }: ResourceRecord, names: ReadonlySet<string>): boolean {
  const isAlias = type === TYPES["DNAME"] || (type === TYPES["RRSIG"] && words[0] === "DNAME");
  const parent = name === "." ? "." : `.${name.toLowerCase()}`;
  return isAlias && [...names].some((each) => each.endsWith(parent));
}

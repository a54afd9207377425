import type { SecureContextOptions } from "node:tls";
import type { Destination } from "../../core/network.ts";
import type { ConnectionGuard } from "../open-connection.ts";
import type { DnsModule } from "./options.ts";
import { makeQuery } from "./query.ts";
import { type Failure, failure } from "./reasons.ts";
import { type Response, textOf } from "./response.ts";
import { askOverStream } from "./stream.ts";
import type { Trace } from "./trace.ts";
import { askOverUdp } from "./udp.ts";
import { RCODES, rcodeName, TYPES } from "./wire/codes.ts";

/**
 * Asks a server. An answer over UDP that is truncated is asked for again over TCP, as resolvers do, if its records matter:
 * blackbox_exporter judges those that are left.
 */
export async function ask(
  to: Destination,
  module: DnsModule,
  trust: SecureContextOptions | undefined,
  guard: ConnectionGuard,
  trace: Trace,
): Promise<Response | Failure> {
  const { question, transport, recursionDesired } = module;
  guard.log("asking", { question: textOf(question), transport, recursion_desired: recursionDesired });
  const query = makeQuery(module);
  if (transport !== "udp") return logged(await askOverStream(to, query, module, trust, guard, trace), guard);
  const answered = logged(await askOverUdp(to, query, guard, trace), guard);
  if (!answered.ok || !isTooShort(answered, module)) return answered;
  // If there is none over TCP, it is what the series are about.
  if (answered.message.defect === undefined) trace.message = answered.message;
  guard.log("asking again over TCP, because the answer is truncated");
  const whole = logged(await askOverStream(to, makeQuery(module), module, undefined, guard, trace), guard);
  if (whole.ok) return whole;
  return failure(
    "truncated",
    `the answer over UDP is truncated, and there is none over TCP: ${whole.detail}`,
  );
}

/** Returns true for a truncated answer, if something depends on the records that it lacks. */
function isTooShort({ message }: Response, module: DnsModule): boolean {
  if (!message.isTruncated) return false;
  if (message.defect !== undefined) return true;
  const { question, answerRules, authorityRules, additionalRules } = module;
  const hasRules = [answerRules, authorityRules, additionalRules].some(({ any }) => any);
  return message.rcode === RCODES["NOERROR"] && (hasRules || question.type === TYPES["SOA"]);
}

function logged(answered: Response | Failure, { log }: ConnectionGuard): Response | Failure {
  if (!answered.ok) return answered;
  const { rcode, isAuthoritative, isTruncated, answer, authority, additional } = answered.message;
  log("answer", {
    rcode: rcodeName(rcode),
    authoritative: isAuthoritative,
    truncated: isTruncated,
    answer: answer.length,
    authority: authority.length,
    additional: additional.length,
  });
  return answered;
}

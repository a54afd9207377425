import { excerpt } from "../../core/excerpt.ts";
import type { ProbeLog } from "../../core/prober.ts";
import type { DnsModule } from "./options.ts";
import { type Failure, failure } from "./reasons.ts";
import { rcodeName } from "./wire/codes.ts";
import type { Message } from "./wire/message.ts";

/** Judges a response in blackbox_exporter's order: response code, answer, authority, additional records. */
export function judge(message: Message, module: DnsModule, log: ProbeLog): Failure | undefined {
  const { validRcodes, answerRules, authorityRules, additionalRules } = module;
  const { rcode, answer, authority, additional } = message;
  if (![...validRcodes.values()].includes(rcode)) {
    return failure("rcode", `${rcodeName(rcode)}, want ${[...validRcodes.keys()].join(" or ")}`);
  }
  for (const [section, records, rules] of [
    ["answer", answer, answerRules],
    ["authority", authority, authorityRules],
    ["additional", additional, additionalRules],
  ] as const) {
    for (const { text } of records) log("judging a record", { section, record: excerpt(text) });
    const mismatch = rules.mismatch(records);
    if (mismatch !== undefined) return failure("record_mismatch", `${section}: ${mismatch}`);
  }
  return undefined;
}

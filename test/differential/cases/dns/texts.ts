import { TYPES } from "../../../../src/probers/dns/wire/codes.ts";
import { record, u8 } from "../../../helpers/dns-messages.ts";
import { answering } from "../../../helpers/name-server.ts";
import { recordTexts, wholeTexts } from "../../../probers/dns/record-texts.ts";
import { type DnsCase, dnsCase, exactly } from "./case.ts";

/**
 * The texts of records, from the table that the unit tests use: an expression matches exactly this text, so that
 * blackbox_exporter succeeds only if it writes the record so.
 */
export const texts: readonly DnsCase[] = [
  ...recordTexts.map(({ type, data, text }, i) => {
    const name = `text ${i} ${type}`;
    const label = name.toLowerCase().replaceAll(/[^a-z0-9]/g, "-");
    const whole = `${label}.test.\t60\tIN\t${type}\t${text.replaceAll("text.test.", `${label}.test.`)}`;
    return dnsCase({
      name,
      verdict: "success",
      // Long ones do not fit into a datagram.
      dns: `${data.length > 200 ? "transport_protocol: tcp, " : ""}query_type: ANY, validate_answer_rrs: { fail_if_not_matches_regexp: [${exactly(whole)}] }`,
      respond: answering({ answer: [record(TYPES[type] ?? 0, data)] }),
    });
  }),
  ...wholeTexts.map((each, i) => {
    const { type, class: code = 1, ttl = 60, isAdditional = false } = each;
    const name = `whole text ${i} ${each.name}`.slice(0, 60);
    const label = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
    const content = record(type, each.data, { class: code, ttl, ...(isAdditional ? { owner: u8(0) } : {}) });
    const whole = each.text.replaceAll("text.test.", `${label}.test.`);
    return dnsCase({
      name,
      verdict: "success",
      dns: `query_type: ANY, validate_${isAdditional ? "additional" : "answer"}_rrs: { fail_if_not_matches_regexp: [${exactly(whole)}] }`,
      respond: answering(isAdditional ? { additional: [content] } : { answer: [content] }),
    });
  }),
];

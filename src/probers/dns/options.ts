import type { IpPreference } from "../../core/network.ts";
import type { CompileContext } from "../../core/prober.ts";
import { checkAllowedTargets } from "../address-policy.ts";
import { isIP } from "../ip.ts";
import { compileIpPreference } from "../resolution.ts";
import { compileTls, type TlsSettings } from "../tls-options.ts";
import { compileRules, type SectionRules } from "./rules.ts";
import type { DnsOptions } from "./schema.ts";
import { CLASSES, RCODES, TYPES } from "./wire/codes.ts";
import type { Question } from "./wire/message.ts";
import { encodeName, nameIn } from "./wire/names.ts";

/** A compiled `dns` module. */
export interface DnsModule {
  readonly question: Question;
  /** The name of the question as it is sent. */
  readonly encodedName: Buffer;
  readonly recursionDesired: boolean;
  readonly transport: "udp" | "tcp" | "tls";
  readonly tls: TlsSettings;
  /** Address of this machine to send from. */
  readonly localAddress: string | undefined;
  readonly ip: IpPreference;
  /** Accepted response codes by name. */
  readonly validRcodes: ReadonlyMap<string, number>;
  readonly answerRules: SectionRules;
  readonly authorityRules: SectionRules;
  readonly additionalRules: SectionRules;
}

/** Compiles validated options and reports the problems that a schema cannot detect. */
export function compileDns(options: DnsOptions, context: CompileContext): DnsModule {
  checkAllowedTargets(options.allowed_targets, context);
  warnOfOppositeRules(options, context);
  const encodedName = compileName(options, context);
  return {
    question: {
      name: nameIn(encodedName),
      type: compileCode("query_type", options, TYPES, "ANY", context),
      class: compileCode("query_class", options, CLASSES, "IN", context),
    },
    encodedName,
    recursionDesired: options.recursion_desired ?? true,
    transport: compileTransport(options, context),
    tls: compileTls(options.tls_config ?? {}, context),
    localAddress: compileSource(options, context),
    ip: compileIpPreference(options),
    validRcodes: compileRcodes(options, context),
    answerRules: compileRules(options.validate_answer_rrs),
    authorityRules: compileRules(options.validate_authority_rrs),
    additionalRules: compileRules(options.validate_additional_rrs),
  };
}

/** Compiles the name. A module without options asks for the root, as in blackbox_exporter. */
function compileName(options: DnsOptions, context: CompileContext): Buffer {
  const { query_name: name } = options;
  if (name === undefined) {
    if (Object.keys(options).length > 0) context.problem(["query_name"], "nothing", "a domain name");
    else context.warn(["query_name"], "is not set, so that the module asks for the root");
    return ROOT;
  }
  const encoded = encodeName(name);
  if (typeof encoded !== "string") return encoded;
  context.problem(["query_name"], `${JSON.stringify(name)} with ${encoded}`, "a domain name");
  return ROOT;
}

/** The encoded name of the root. */
const ROOT = Buffer.alloc(1);

function compileCode(
  option: "query_type" | "query_class",
  options: DnsOptions,
  codes: Readonly<Record<string, number>>,
  byDefault: string,
  context: CompileContext,
): number {
  const name = options[option] || byDefault;
  if (Object.hasOwn(codes, name)) return codes[name] ?? 0;
  context.problem([option], JSON.stringify(name), `one of ${Object.keys(codes).join(", ")}`);
  return 0;
}

function compileTransport(
  { transport_protocol: protocol, dns_over_tls: overTls = false }: DnsOptions,
  context: CompileContext,
): DnsModule["transport"] {
  if (overTls && protocol !== "tcp") {
    context.problem(
      ["dns_over_tls"],
      `true with transport_protocol ${protocol || "udp"}`,
      "transport_protocol tcp",
    );
  }
  return overTls ? "tls" : protocol || "udp";
}

function compileSource(
  { source_ip_address: source }: DnsOptions,
  context: CompileContext,
): string | undefined {
  if (source === undefined || source === "") return undefined;
  if (isIP(source) === 0) context.problem(["source_ip_address"], JSON.stringify(source), "an IP address");
  return source;
}

function compileRcodes(
  { valid_rcodes: names = ["NOERROR"] }: DnsOptions,
  context: CompileContext,
): ReadonlyMap<string, number> {
  const want = `names of response codes: ${Object.keys(RCODES).join(", ")}`;
  if (names.length === 0) context.problem(["valid_rcodes"], "an empty list", want);
  for (const [i, name] of names.entries())
    if (!Object.hasOwn(RCODES, name)) context.problem(["valid_rcodes", i], JSON.stringify(name), want);
  return new Map(names.map((name) => [name, RCODES[name] ?? 0]));
}

/** Warns of the option that does the opposite of what its name says. */
function warnOfOppositeRules(options: DnsOptions, context: CompileContext): void {
  for (const section of [
    "validate_answer_rrs",
    "validate_authority_rrs",
    "validate_additional_rrs",
  ] as const) {
    if ((options[section]?.fail_if_all_match_regexp ?? []).length > 0)
      context.warn(
        [section, "fail_if_all_match_regexp"],
        "fails the probe unless all records match, as in blackbox_exporter, although its name says the opposite",
      );
  }
}

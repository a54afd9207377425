/** A configuration that both exporters check, as a `LoadCase`. */
interface ConversationLoad {
  readonly name: string;
  readonly yaml: string;
  readonly theirs: "accepted" | "refused";
  readonly differs?: string;
}

const module = (kind: "tcp" | "unix", options: string): string =>
  `modules: { m: { prober: ${kind}, ${kind}: ${options} } }`;

const steps = (list: string): string => module("tcp", `{ query_response: [${list}] }`);

type Row = readonly [name: string, yaml: string, theirs: ConversationLoad["theirs"], differs?: string];

const ROWS: readonly Row[] = [
  ["tcp", "modules: { m: { prober: tcp } }", "accepted"],
  ["tcp without options", "modules: { m: { prober: tcp, tcp: } }", "accepted"],
  ["unix", "modules: { m: { prober: unix } }", "accepted"],
  [
    "every option of tcp",
    module(
      "tcp",
      "{ preferred_ip_protocol: ip4, ip_protocol_fallback: no, source_ip_address: 127.0.0.1, tls: yes, tls_config: { insecure_skip_verify: true }, query_response: [{ expect: 'a(?P<b>c)', labels: [{ name: a, value: '${b}' }], send: '${1}', starttls: true }, { expect_bytes: a }] }",
    ),
    "accepted",
  ],
  [
    "every option of unix",
    module("unix", "{ tls: no, tls_config: { server_name: a }, query_response: [{ expect: a, send: b }] }"),
    "accepted",
  ],
  ["preferred_ip_protocol of unix", module("unix", "{ preferred_ip_protocol: ip4 }"), "refused"],
  ["an unknown option of tcp", module("tcp", "{ http: true }"), "refused"],
  ["an unknown key of a step", steps("{ say: a }"), "refused"],
  ["an unknown key of a label", steps("{ expect: a, labels: [{ name: a, text: b }] }"), "refused"],
  ["steps that are no list", module("tcp", "{ query_response: { send: a } }"), "refused"],
  ["a step that is a text", steps("QUIT"), "refused"],
  ["labels that are a map", steps("{ expect: a, labels: { a: b } }"), "refused"],
  ["an invalid expression", steps("{ expect: '(' }"), "refused"],
  ["an expression with look-ahead", steps("{ expect: 'a(?=b)' }"), "refused"],
  ["two groups of one name", steps("{ expect: '(?P<a>b)(?P<a>c)' }"), "accepted", "groups-of-one-name"],
  ["expect and expect_bytes", steps("{ expect: a, expect_bytes: b }"), "refused"],
  ["expect and empty expect_bytes", steps("{ expect: a, expect_bytes: '' }"), "accepted"],
  ["an empty step", steps("{}"), "accepted"],
  ["numbers as texts", steps("{ send: 5, expect: 5 }"), "accepted"],
  ["starttls that is no boolean", steps("{ starttls: maybe }"), "refused"],
  ["a label without a name", steps("{ expect: a, labels: [{ value: b }] }"), "accepted", "never-succeeding"],
  [
    "a reserved label",
    steps("{ expect: a, labels: [{ name: __a, value: b }] }"),
    "accepted",
    "never-succeeding",
  ],
  [
    "a label twice",
    steps("{ expect: a, labels: [{ name: b }, { name: b }] }"),
    "accepted",
    "never-succeeding",
  ],
  [
    "a source that is no address",
    module("tcp", "{ source_ip_address: eth0 }"),
    "accepted",
    "never-succeeding",
  ],
  [
    "allowed_targets of tcp",
    module("tcp", "{ allowed_targets: ['*.example.com'] }"),
    "refused",
    "further-options",
  ],
  [
    "allowed_targets of unix",
    module("unix", "{ allowed_targets: [/run/app/*.sock] }"),
    "refused",
    "further-options",
  ],
];

/** Valid and invalid configurations of `tcp` and `unix`. */
export const conversationLoading: readonly ConversationLoad[] = ROWS.map(([name, yaml, theirs, differs]) =>
  differs === undefined ? { name, yaml, theirs } : { name, yaml, theirs, differs },
);

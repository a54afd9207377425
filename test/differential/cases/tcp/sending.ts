import { at, panics, SOON, steps, type TcpCase } from "./tcp-case.ts";

/** Texts that are sent, labels and bytes. */
export const sending: readonly TcpCase[] = [
  {
    name: "send and expect",
    verdict: "success",
    module: steps("{ send: ping }, { expect: '^ping$' }"),
    target: at("echoes"),
  },
  {
    name: "a line feed is added",
    verdict: "success",
    module: steps(
      '{ send: "a\\r" }, { expect: "^a$" }, { send: "b\\nc" }, { expect: "^b$" }, { expect: "^c$" }',
    ),
    target: at("echoes"),
  },
  {
    name: "number as a text",
    verdict: "success",
    module: steps("{ send: 007 }, { expect: '^007$' }"),
    target: at("echoes"),
  },
  {
    name: "no groups without expect",
    verdict: "success",
    module: steps("{ send: 'a$1$$b' }, { expect: '^a\\$1\\$\\$b$' }"),
    target: at("echoes"),
  },
  {
    name: "groups by number",
    verdict: "success",
    module: steps(
      "{ send: 'a b' }, { expect: '(a) (b)(c)?', send: '$2-${1}-$0-$3-$9-$$1' }, { expect: '^b-a-a b---\\$1$' }",
    ),
    target: at("echoes"),
  },
  {
    name: "groups by name",
    verdict: "success",
    module: steps(
      "{ send: 'a b' }, { expect: '(?P<x>a) (?P<y>b)', send: '$y-${x}-$xy-${z-$' }, { expect: '^b-a--\\$\\{z-\\$$' }",
    ),
    target: at("echoes"),
  },
  {
    name: "a name that begins with a digit",
    verdict: "success",
    module: steps(
      "{ send: 'a' }, { expect: '(a)', send: '[$1x][$01][${1}x]' }, { expect: '^\\[\\]\\[\\]\\[ax\\]$' }",
    ),
    target: at("echoes"),
  },
  {
    name: "bytes that are not UTF-8 in a group",
    verdict: "success",
    module: steps("{ expect: '^caf(.)', send: '$1' }"),
    target: at("latin1"),
  },
  {
    name: "nothing is sent for an empty expansion",
    verdict: "failure",
    timeout: SOON,
    module: steps("{ send: q }, { expect: '(x)?q', send: '$1' }, { expect: . }"),
    target: at("echoes"),
  },
  {
    name: "send after the end of the target",
    verdict: "success",
    module: steps("{ expect: last }, { send: a }, { send: b }, { send: c }"),
    target: at("greets"),
  },
  {
    name: "labels",
    verdict: "success",
    module: steps(
      "{ expect: '^hello (?P<which>\\w+)', labels: [{ name: which, value: '${which}!' }, { name: fixed, value: yes }] }",
    ),
    target: at("greets"),
  },
  {
    name: "no labels",
    verdict: "success",
    module: steps("{ expect: hello, labels: [] }"),
    target: at("greets"),
  },
  {
    name: "label without a value",
    verdict: "success",
    module: steps("{ expect: hello, labels: [{ name: none }] }"),
    target: at("greets"),
  },
  {
    name: "labels without expect",
    verdict: "success",
    module: steps("{ labels: [{ name: a, value: b }] }"),
    target: at("greets"),
  },
  {
    name: "labels of a line that does not match",
    verdict: "failure",
    module: steps("{ expect: nothing, labels: [{ name: a, value: b }] }"),
    target: at("greets"),
  },
  {
    name: "labels of two steps",
    module: steps(
      "{ expect: one, labels: [{ name: a, value: b }] }, { expect: two, labels: [{ name: c, value: d }] }",
    ),
    target: at("greets"),
    ...panics,
  },
  {
    name: "a label that is not UTF-8",
    module: steps("{ expect: '^caf(.)', labels: [{ name: last, value: $1 }] }"),
    target: at("latin1"),
    ...panics,
  },
  {
    name: "quotes and backslashes in a label",
    verdict: "success",
    module: steps("{ expect: '(.*)', labels: [{ name: line, value: $1 }] }"),
    target: at("quotes"),
  },
  {
    name: "names that labels cannot have",
    verdict: "success",
    module: steps(
      "{ expect: hello, labels: [{ name: a-b, value: x }, { name: é, value: y }, { name: 1st, value: z }] }",
    ),
    target: at("greets"),
  },
  {
    name: "bytes",
    verdict: "success",
    module: steps('{ expect_bytes: "hello one\\r\\n" }'),
    target: at("greets"),
  },
  {
    name: "fewer bytes than sent",
    verdict: "success",
    module: steps('{ expect_bytes: "hel" }'),
    target: at("greets"),
  },
  {
    name: "bytes after bytes",
    verdict: "success",
    module: steps('{ expect_bytes: "hel" }, { expect_bytes: "lo" }'),
    target: at("greets"),
  },
  {
    name: "other bytes",
    verdict: "failure",
    module: steps('{ expect_bytes: "help" }'),
    target: at("greets"),
  },
  {
    name: "control characters in bytes",
    verdict: "success",
    module: steps('{ expect_bytes: "a\\x00b\\n" }'),
    target: at("nul"),
  },
  {
    name: "bytes and no answer",
    verdict: "failure",
    module: steps('{ expect_bytes: "a" }'),
    target: at("closes"),
  },
  {
    name: "silence instead of bytes",
    verdict: "failure",
    timeout: SOON,
    module: steps('{ expect_bytes: "a" }'),
    target: at("silent"),
  },
  {
    name: "bytes that arrive after a line",
    verdict: "success",
    module: steps('{ expect: ready }, { expect_bytes: "\\x00\\x01\\x02" }'),
    target: at("lineThenBytes"),
  },
  {
    name: "line after bytes",
    verdict: "success",
    module: steps('{ expect_bytes: "hello " }, { expect: "^one$" }'),
    target: at("greets"),
  },
  {
    name: "send after bytes",
    verdict: "success",
    module: steps('{ send: "x" }, { expect_bytes: "x\\n", send: "$1" }, { expect: "^\\\\$1$" }'),
    target: at("echoes"),
  },
  {
    name: "empty bytes",
    verdict: "success",
    module: steps('{ expect_bytes: "", send: x }, { expect: x }'),
    target: at("echoes"),
  },
  {
    name: "bytes in two pieces",
    verdict: "failure",
    module: steps('{ expect_bytes: "abcdef" }'),
    target: at("halfBytes"),
    differs: {
      "bytes-in-pieces": ["probe_success: 0 -> 1"],
    },
  },
  {
    name: "bytes that arrive with a line",
    verdict: "failure",
    module: steps('{ expect: ready }, { expect_bytes: "\\x00\\x01\\x02" }'),
    target: at("lineAndBytes"),
    differs: { "bytes-after-lines": ["probe_success: 0 -> 1"] },
  },
];

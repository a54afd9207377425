import { describe, expect, test } from "vitest";
import { redactedYaml, redactUrl } from "../../src/config/document/redact.ts";
import { parseYaml } from "../../src/config/document/yaml.ts";

/** Parses YAML, and redacts it with these of its top-level values as secrets. */
function redacted(text: string, ...secrets: readonly string[]): string {
  const { root } = parseYaml(text);
  if (root?.kind !== "map") throw new Error("not a map");
  const nodes = secrets.map((key) => root.entries.get(key)?.value);
  return redactedYaml(root, new Set(nodes.filter((node) => node !== undefined)));
}

describe("a secret", () => {
  test.each([
    ["plain", "key: hunter2"],
    ["quoted", 'key: "hunter2"'],
    ["on several lines", "key: |\n  hunter2\n  hunter3"],
    ["beside a reference", 'key: "Bearer ${TOKEN}"'],
  ])("is hidden, %s", (_, yaml) => {
    expect(redacted(yaml, "key")).toBe("key: <secret>\n");
  });

  test("that consists of references is shown", () => {
    expect(redacted('key: "${A}${B}"', "key")).toBe('key: "${A}${B}"\n');
  });
});

test.each([
  ["plain", "a: 1\nb: [x, y]\nc:\n  d: e\n", "a: 1\nb:\n  - x\n  - y\nc:\n  d: e\n"],
  ["quoted", 'a: "1"\n', 'a: "1"\n'],
  ["on several lines", "a: |\n  1\n  2\n", "a: |\n  1\n  2\n"],
  ["without comments and anchors", "a: &x 1 # hunter2\nb: *x\n", "a: 1\nb: 1\n"],
])("other values are as they are written: %s", (_, yaml, shown) => {
  expect(redacted(yaml)).toBe(shown);
});

test("a long text stays on one line", () => {
  const yaml = `a: "${"words and ".repeat(30)}"\n`;
  expect(redacted(yaml)).toBe(yaml);
});

/** Addresses, as a URL in any text and as a target show them. */
const URLS: readonly (readonly [text: string, shown: string])[] = [
  ["http://me:hunter2@h/", "http://<secret>@h/"],
  ["http://me:${PASSWORD}@h/", "http://me:${PASSWORD}@h/"],
  ["http://${USER}:hunter2@h/", "http://<secret>@h/"],
  ["http://${TOKEN}@h/", "http://${TOKEN}@h/"],
  ["http://h/?key=hunter2", "http://h/?key=<secret>"],
  ["http://h/?key=${KEY}", "http://h/?key=${KEY}"],
  ["http://h/?key=hunter2:${KEY}", "http://h/?key=<secret>"],
  ["http://h/?api-version=2024-06-01", "http://h/?api-version=2024-06-01"],
  ["http://h/path", "http://h/path"],
];

test.each<readonly [string, string]>([
  ...URLS,
  ["see http://h/?key=hunter2 there", "see http://h/?key=<secret> there"],
])("%s in a text is shown as %s", (text, shown) => {
  expect(redactUrl(text)).toBe(shown);
  expect(redacted(JSON.stringify({ url: text }))).toBe(`url: "${shown}"\n`);
});

test.each<readonly [string, string]>([
  ...URLS,
  ["me:hunter2@h:80", "<secret>@h:80"],
  ["me:${PASSWORD}@h:80", "me:${PASSWORD}@h:80"],
  ["h:80/?key=hunter2", "h:80/?key=<secret>"],
  ["h:80/?version=2", "h:80/?version=2"],
  ["http://h/it's?key=hunter2", "http://h/it's?key=<secret>"],
])("%s of a target is shown as %s", (address, shown) => {
  expect(redacted(JSON.stringify({ targets: [{ target: address }] }))).toBe(
    `targets:\n  - target: "${shown}"\n`,
  );
});

test("only the value of target itself is an address that needs no scheme", () => {
  const yaml = "other: me:x@h\ntarget:\n  - me:x@h\n";
  expect(redacted(yaml)).toBe(yaml);
});

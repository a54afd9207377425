import { describe, expect, test } from "vitest";
import { fillTemplate, parseTemplateValue, templateValuesIn } from "../../src/core/template.ts";

const VALUES: Readonly<Record<string, string>> = {
  plain: "web-1",
  "service.name": "shop",
  'a "quoted" }} name': "odd",
  größe: "groß",
  nasty: `<b>"it's"</b> & *bold* [x](y)_z_\n{{ status }}`,
  emoji: "🔴🔴🔴",
};
const fill = (text: string): string =>
  fillTemplate(text, ({ source }) =>
    source.kind === "field" ? `<${source.field}>` : (VALUES[source.name] ?? `no ${source.kind}`),
  );

describe("a template", () => {
  test.each([
    ["a label", "{{ labels.plain }}", "web-1"],
    ["without blanks", "{{labels.plain}}", "web-1"],
    ["a field", "{{ machine.name }} {{ truncated_alerts }}", "<machine.name> <truncated_alerts>"],
    ["a name with a dot", "{{ labels.service.name }}", "shop"],
    ["a name in another language", "{{ labels.größe }}", "groß"],
    ["a quoted name", '{{ labels["service.name"] }}', "shop"],
    ["a quoted name after a dot, as in Prometheus", '{{ annotations."service.name" }}', "shop"],
    ["a name in single quotes", "{{ labels['service.name'] }}", "shop"],
    ["a name with quotes and braces", String.raw`{{ labels["a \"quoted\" }} name"] }}`, "odd"],
    ["the same in single quotes", `{{ labels['a "quoted" }} name'] }}`, "odd"],
    ["a missing label", "{{ labels.nothing }}", "no labels"],
    [
      "html",
      "{{ labels.nasty | html }}",
      "&lt;b&gt;&quot;it&#39;s&quot;&lt;/b&gt; &amp; *bold* [x](y)_z_\n{{ status }}",
    ],
    ["json", "{{ labels.nasty | json }}", JSON.stringify(VALUES["nasty"])],
    [
      "markdown",
      "{{ labels.nasty | markdown }}",
      String.raw`\<b\>\"it\'s\"\<\/b\> \& \*bold\* \[x\]\(y\)\_z\_` + "\n" + String.raw`\{\{ status \}\}`,
    ],
    ["truncate", "{{ labels.plain | truncate 3 }}", "web"],
    ["truncate inside an emoji", "{{ labels.emoji | truncate 3 }}", "🔴"],
    ["filters in order", "{{ labels.nasty | truncate 3 | html }}", "&lt;b&gt;"],
    ["filters in the other order", "{{ labels.nasty|html|truncate 4 }}", "&lt;"],
    ["no placeholder", "{ a: { b: 1 } }", "{ a: { b: 1 } }"],
  ])("inserts %s", (_name, text, filled) => {
    expect(fill(text)).toBe(filled);
    for (const content of templateValuesIn(text)) expect(typeof parseTemplateValue(content)).toBe("object");
  });

  const values = /^\{\{ labels\.NAME \}\}, \{\{ annotations\.NAME \}\} or one of id, /;
  const quoted = /^a quoted name, as in /;
  const filters = /^after "\|" one of truncate LENGTH, html, json or markdown$/;
  test.each([
    ["an unknown field", "statis", values],
    ["nothing", "", values],
    ["an unknown map", "label.x", values],
    ["a label without a name", "labels.", quoted],
    ["an empty name", 'labels[""]', quoted],
    ["an open quote", 'labels["x', quoted],
    ["an apostrophe", "it's", values],
    ["a name with a blank", "labels.a b", quoted],
    ["an unknown filter", "status | upper", filters],
    ["a filter that every object has", "status | toString", filters],
    ["truncate without a length", "status | truncate", filters],
    ["truncate to nothing", "status | truncate 0", filters],
    ["truncate to too much", "status | truncate 99999999", filters],
    ["an empty filter", "status |", filters],
    ["two pipes", "status || html", filters],
  ])("refuses %s", (_name, content, want) => {
    expect(parseTemplateValue(content)).toMatch(want);
    expect(templateValuesIn(`x {{ ${content} }} y`)).toEqual([content]);
  });
});

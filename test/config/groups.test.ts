import { describe, expect, it } from "vitest";
import { loadConfigText } from "../../src/config/load.ts";
import { deps } from "./stand-ins.ts";

const load = (groups: string) =>
  loadConfigText(
    `modules: { page: { prober: http } }
targets:
  - { name: shop, module: page, target: "http://shop", critical: true, schedule: interval }
  - { name: till, module: page, target: "http://till" }
  - { name: cellar, module: page, target: "http://cellar", schedule: interval }
${groups}`,
    "exporter.yml",
    {},
    deps,
  );

const group = (fields: string) => load(`groups: [{ name: all, ${fields} }]`).groups[0];

describe("groups", () => {
  it("have the order of the file, and members with their kinds", () => {
    const { groups, warnings } = load(`groups:
  - name: all
    description: the whole shop
    members: [front, till]
    components: [scanner]
    critical_members: [front, scanner]
    labels: { team: web }
  - { name: front, members: [shop] }
`);
    expect(groups).toEqual([
      {
        name: "all",
        description: "the whole shop",
        labels: { team: "web" },
        members: [
          { kind: "group", name: "front", critical: true },
          { kind: "target", name: "till", critical: false },
          { kind: "component", name: "scanner", critical: true },
        ],
        unhealthyWhen: { kind: "critical" },
      },
      {
        name: "front",
        labels: {},
        members: [{ kind: "target", name: "shop", critical: true }],
        unhealthyWhen: { kind: "critical" },
      },
    ]);
    expect(warnings).toEqual([]);
  });

  it.each([
    { fields: "members: [till, cellar]", rule: { kind: "count", count: 1 } },
    { fields: "members: [till, shop]", rule: { kind: "critical" } },
    { fields: "members: [till, cellar], critical_members: [till]", rule: { kind: "critical" } },
    { fields: "members: [till, shop], unhealthy_when: any", rule: { kind: "count", count: 1 } },
    { fields: "members: [till], unhealthy_when: { count: 2 }", rule: { kind: "count", count: 2 } },
    { fields: "members: [till], unhealthy_when: { ratio: 0.5 }", rule: { kind: "ratio", ratio: 0.5 } },
    { fields: "components: [scanner]", rule: { kind: "count", count: 1 } },
  ])("{ $fields } has the rule $rule", ({ fields, rule }) => {
    expect(group(fields)?.unhealthyWhen).toEqual(rule);
  });

  it("may share a member without being a cycle", () => {
    const { groups } = load(`groups:
  - { name: top, members: [left, right] }
  - { name: left, members: [base] }
  - { name: right, members: [base] }
  - { name: base, members: [shop] }
`);
    expect(groups).toHaveLength(4);
  });

  it("warn of the rule critical without a critical member", () => {
    const { warnings } = load("groups: [{ name: all, members: [till], unhealthy_when: critical }]");
    expect(warnings).toEqual([
      "exporter.yml:6:56: groups[0].unhealthy_when: no member is critical, so the group is unhealthy only if all members are",
    ]);
  });
});

describe("health", () => {
  it("covers the exporter if no group is named", () => {
    expect(load("").health).toEqual({});
  });

  it("warns of targets that depend on scrapes, in nested groups too", () => {
    const { health, warnings } = load(`groups:
  - { name: all, members: [front, shop] }
  - { name: front, members: [till, cellar] }
health: { group: all }
`);
    expect(health).toEqual({ group: "all" });
    expect(warnings).toEqual([
      "exporter.yml:9:18: health.group: is unknown, and so not ready, without scrapes of till; schedule: interval probes without a scrape",
    ]);
  });

  it("names only some of many targets", () => {
    const names = Array.from({ length: 3000 }, (_, i) => `t${i}`);
    const targets = names.map((name) => `{ name: ${name}, module: page, target: "http://t" }`).join(", ");
    const { warnings } = loadConfigText(
      `{ modules: { page: { prober: http } }, targets: [${targets}], groups: [{ name: all, members: [${names.join(", ")}] }], health: { group: all } }`,
      "exporter.yml",
      {},
      deps,
    );
    expect(warnings).toEqual([expect.stringContaining("without scrapes of t0, t1,")]);
    expect(warnings[0]).toContain(", t11 and 2988 more;");
  });
});

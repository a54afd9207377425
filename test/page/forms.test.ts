import { describe, expect, it } from "vitest";
import { timestamp } from "../../src/core/units.ts";
import { incidentFeed } from "../../src/page/forms/atom.ts";
import {
  badge,
  duration,
  latencyBadge,
  percent,
  statusBadge,
  uptimeBadge,
} from "../../src/page/forms/badge.ts";
import { overviewText, publicViewText } from "../../src/page/forms/plain-text.ts";
import type { Incident } from "../../src/page/model/incident.ts";
import type { Overview, OverviewItem } from "../../src/page/model/overview.ts";
import type { PublicView } from "../../src/page/model/public-view.ts";
import type { SubjectState } from "../../src/page/state.ts";
import { summaryOf } from "../../src/page/summary.ts";
import { HOSTILE_TEXTS, INVISIBLE } from "../helpers/hostile.ts";
import { parseXml, type XmlElement } from "../helpers/xml.ts";

const HOSTILE = Object.entries(HOSTILE_TEXTS);

/** The names of all elements of a document, each once. */
const elements = (root: XmlElement): readonly string[] =>
  [...new Set([root.name, ...root.children.flatMap(elements)])].toSorted();

describe("a badge", () => {
  it.each(HOSTILE)("is the same picture whatever the name says: %s", (_name, text) => {
    for (const svg of [
      badge(statusBadge(text, "healthy")),
      badge({ label: "x", value: text, status: "unknown" }),
    ]) {
      const root = parseXml(svg);
      expect(elements(root)).toEqual(["g", "path", "svg", "text", "title"]);
      expect(Object.keys(root.attributes).toSorted()).toEqual([
        "aria-label",
        "height",
        "role",
        "width",
        "xmlns",
      ]);
      expect(svg).not.toMatch(INVISIBLE);
      // Ids would clash where several badges stand in one document.
      expect(svg).not.toContain(' id="');
      expect(svg.length).toBeLessThan(4000);
      expect(Number(root.attributes["width"])).toBeLessThan(1100);
    }
  });

  it.each([
    ["healthy", "up", "#1a7f37"],
    ["degraded", "degraded", "#9a6700"],
    ["unhealthy", "down", "#cf222e"],
    ["unknown", "unknown", "#6e7781"],
  ] as const)("of %s says %s in its own colour", (status, word, colour) => {
    const svg = badge(statusBadge("gpt", status));
    expect(parseXml(svg).attributes["aria-label"]).toBe(`gpt: ${word}`);
    expect(svg).toContain(`fill="${colour}"`);
  });

  it("is as wide as its text", () => {
    const width = (label: string): number =>
      Number(parseXml(badge(statusBadge(label, "healthy"))).attributes["width"]);
    expect(width("iiii")).toBeLessThan(width("nnnn"));
    expect(width("nnnn")).toBeLessThan(width("mmmm"));
    expect(width("mmmm")).toBeLessThan(width("漢字漢字"));
  });

  it.each([
    [null, "unknown", "unknown"],
    [1, "100%", "healthy"],
    [0.999999, "99.99%", "healthy"],
    [0.96, "96.00%", "degraded"],
    [0.5, "50.00%", "unhealthy"],
    [0, "0.00%", "unhealthy"],
  ] as const)("of the uptime %s says %s", (uptime, value, status) => {
    expect(uptimeBadge("gpt", "7d", uptime)).toEqual({ label: "gpt uptime 7d", value, status });
  });

  it.each([
    [undefined, "unknown", "unknown"],
    [0.0004, "1 ms", "degraded"],
    [0.2345, "235 ms", "degraded"],
    [1.234, "1.23 s", "degraded"],
    [75, "75.0 s", "degraded"],
  ] as const)("of the latency %s says %s", (seconds, value, status) => {
    expect(latencyBadge("gpt", seconds, "degraded")).toEqual({ label: "gpt latency", value, status });
  });

  it("never rounds an outage to 100%", () => {
    expect([percent(0.99999), percent(1), duration(0.9996)]).toEqual(["99.99%", "100%", "1000 ms"]);
  });
});

const incident = (text: string, more: Partial<Incident> = {}): Incident => ({
  id: "1",
  kind: "target",
  name: text,
  title: text,
  status: "unhealthy",
  from: "2025-09-15T13:30:00Z",
  to: null,
  seconds: 10,
  unobserved_seconds: 0,
  reason: text,
  detail: text,
  reasons: [text],
  flaps: 1,
  began_earlier: false,
  ...more,
});

describe("the feed of incidents", () => {
  it.each(HOSTILE)("is well-formed whatever a target says: %s", (_name, text) => {
    const list = {
      generated_at: "2025-09-15T14:00:00Z",
      known_since: null,
      total: 2,
      incidents: [incident(text), incident(text, { id: "2", to: "2025-09-15T13:40:00Z" })],
    };
    const feed = incidentFeed(list, new URL("https://example.org/a/"));
    const root = parseXml(feed);
    expect(feed).not.toMatch(INVISIBLE);
    expect(elements(root)).toEqual([
      "author",
      "category",
      "content",
      "entry",
      "feed",
      "id",
      "link",
      "name",
      "published",
      "title",
      "updated",
    ]);
    const entries = root.children.filter(({ name }) => name === "entry");
    expect(entries).toHaveLength(2);
    // What RFC 4287 demands of each.
    for (const one of [root, ...entries]) {
      const names = one.children.map(({ name }) => name);
      for (const name of ["id", "title", "updated"])
        expect(names.filter((other) => other === name)).toHaveLength(1);
    }
  });

  it("is updated when the newest incident began or ended", () => {
    const incidents = [incident("a"), incident("b", { to: "2025-09-15T13:40:00Z" })];
    const list = { generated_at: "2025-09-15T14:00:00Z", known_since: null, total: 2, incidents };
    const updated = (of: typeof list): string | undefined =>
      parseXml(incidentFeed(of, new URL("http://x/"))).children.find(({ name }) => name === "updated")?.text;
    expect(updated(list)).toBe("2025-09-15T13:40:00Z");
    // It does not change with each second.
    const later = incidents.map((one) => ({ ...one, seconds: one.seconds + 5 }));
    const feed = incidentFeed(list, new URL("http://x/"));
    expect(
      incidentFeed({ ...list, generated_at: "2025-09-15T14:00:05Z", incidents: later }, new URL("http://x/")),
    ).toBe(feed);
    expect(updated({ ...list, incidents: [] })).toBe("2025-09-15T14:00:00Z");
  });
});

const item = (text: string): OverviewItem => ({
  kind: "target",
  name: text,
  status: "unhealthy",
  since: "2025-09-15T13:00:00Z",
  reason: text,
  detail: text,
  critical: false,
  maintenance: false,
  labels: { [text]: text },
  groups: [text],
  last_success: null,
  days: [],
});

const overview = (items: readonly OverviewItem[], more: Partial<Overview> = {}): Overview => ({
  generated_at: "2025-09-15T13:30:00Z",
  summary: "2 of 2 are down",
  status: "unhealthy",
  counts: { healthy: 0, degraded: 0, unhealthy: 2, unknown: 0 },
  sections: [],
  filters: { labels: {}, kinds: ["target"], groups: [] },
  total: items.length,
  offset: 0,
  limit: 100,
  items,
  days_from: 0,
  latency_from: 0,
  latency_to: 0,
  ...more,
});

describe("the table for terminals", () => {
  it.each(HOSTILE)("has one line for each item whatever a target says: %s", (_name, text) => {
    const shown = overviewText(overview([item(text), item("shop")], { summary: text }));
    expect(shown).not.toMatch(INVISIBLE);
    const lines = shown.split("\n");
    expect(lines).toHaveLength(6);
    expect(lines[4]).toMatch(/^down\s+shop\s+target\s+30m\s+-\s+shop: shop$/);
  });

  it("says what it leaves out, and how to get it", () => {
    const shown = overviewText(overview([item("shop")], { total: 12, offset: 3, limit: 1 }));
    expect(shown).toContain("and 8 more: ?offset=4&limit=1\n");
  });

  it.each(HOSTILE)("of a public view stays a table: %s", (_name, text) => {
    const view: PublicView = {
      title: text,
      announcement: text,
      updated_at: null,
      summary: text,
      status: "unhealthy",
      groups: [
        {
          name: text,
          description: text,
          status: "unhealthy",
          items: [
            {
              kind: "target",
              name: text,
              status: "unhealthy",
              since: null,
              maintenance: false,
              days: [],
              uptime: { "1h": null, "24h": null, "7d": null, "30d": null, "90d": 0.5 },
              reason: text,
            },
          ],
        },
      ],
      incidents: [],
      days_from: 0,
    };
    const shown = publicViewText(view);
    expect(shown).not.toMatch(INVISIBLE);
    expect(shown.split("\n")).toHaveLength(8);
    expect(shown).toContain("50.00%");
  });
});

const state = (name: string, more: Partial<SubjectState> = {}): SubjectState => ({
  kind: "target",
  name,
  status: "unhealthy",
  labels: {},
  groups: [],
  words: [],
  critical: false,
  maintenance: false,
  ...more,
});
const NOW = timestamp(1_757_943_000);
const counts = (unhealthy: number, degraded = 0, unknown = 0, healthy = 0) => ({
  unhealthy,
  degraded,
  unknown,
  healthy,
});

describe("the sentence at the top", () => {
  it.each([
    [counts(0), [], "Nothing is configured yet"],
    [counts(0, 0, 0, 1), [], "It is up"],
    [counts(0, 0, 0, 14), [], "All 14 are up"],
    [
      counts(2, 0, 0, 12),
      [
        state("gpt", { reason: "auth", detail: "HTTP 401", since: timestamp(NOW - 720) }),
        state("checkout", { reason: "http_status", detail: "503", since: timestamp(NOW - 185) }),
      ],
      "2 of 14 are down: gpt (auth: HTTP 401, 12m), checkout (http_status: 503, 3m)",
    ],
    [counts(1, 2, 3), [state("a")], "1 of 6 is down: a; 2 degraded, 3 unknown"],
    [counts(5), [state("a"), state("b"), state("c"), state("d")], "5 of 5 are down: a, b, c and 2 more"],
    [
      counts(1),
      [state("a", { maintenance: true, reason: "dns" })],
      "1 of 1 is down: a (dns, in maintenance)",
    ],
    [
      counts(1),
      [state("a", { blockedBy: "gateway", reason: "dns" })],
      "1 of 1 is down: a (because gateway is down)",
    ],
    [counts(0, 0, 1), [state("a", { status: "unknown", reason: "stale" })], "1 of 1 is unknown: a (stale)"],
  ])("says %o", (of, worst, want) => {
    expect(summaryOf(of, worst, NOW)).toBe(want);
  });

  it.each(HOSTILE)("is one bounded line: %s", (_name, text) => {
    const said = summaryOf(counts(1), [state(text, { reason: text, detail: text })], NOW);
    expect(said).not.toMatch(INVISIBLE);
    expect(said).not.toContain("\n");
    expect(said.length).toBeLessThan(1000);
  });
});

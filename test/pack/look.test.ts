import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Shown, type ShownCell, showAll } from "./look/shown.ts";
import { reachStates, STATES, type StateName, type States } from "./look/states.ts";
import { SURVIVORS, VICTIM_GROUP, VICTIMS } from "./look/world.ts";
import { readDashboards } from "./queries.ts";

/** Panels about the exporter itself, which works with nothing configured. */
const ABOUT_EXPORTERS =
  /^\w+(-\w+)* \/ (Exporters?|Configuration|Exporters by role|Exporters over time|Refused requests)$/;
/** Panels about alerts: that none fires is good, and that an exporter is down is an alert. */
const ABOUT_ALERTS = /^overview \/ (What is wrong|Firing alerts)$/;

/** Shares of a time range that has passed: the end of the exporter does not change them. */
const ABOUT_THE_PAST = /^slo \/|^overview \/ Target details$/;

const TARGETS = ["gpt", "ledger", "mail", "orders", "shop", "syncer"];
const NETWORK = ["ledger", "mail"];
const BEATS = ["backup", "orders", "syncer"];
const inColumn = (names: readonly string[], ...columns: readonly string[]): readonly string[] =>
  names.flatMap((name) => columns.map((column) => `${name} ${column}`)).toSorted();
/** A number about all of them. */
const TOTAL = [""];

/** The red cells in an outage, by panel: whom they are about, and in tables their column. */
const RED_IN_OUTAGE: Readonly<Record<string, readonly string[]>> = {
  "groups / Groups": [VICTIM_GROUP],
  "groups / Groups over time": [VICTIM_GROUP],
  "groups / Members": inColumn([VICTIM_GROUP], "Unhealthy"),
  "heartbeats / Heartbeats": BEATS,
  "heartbeats / Machines, logs and leases": inColumn(BEATS, "State"),
  "heartbeats / Silence against timeout": BEATS,
  "heartbeats / Up and down": BEATS,
  "http / Address details": inColumn(["shop"], "Uptime"),
  "http / Failure reasons": ["shop"],
  "http / Probes": ["shop"],
  "http / Success over time": ["shop"],
  "llm / Model available": ["gpt"],
  "llm / Models": ["gpt"],
  "llm / Tiers: cheap checks between prompts": ["gpt"],
  "network / Address details": inColumn(NETWORK, "Uptime"),
  "network / Failure reasons": NETWORK,
  "network / Probes": NETWORK,
  "network / Serving status (gRPC)": ["ledger"],
  "network / Success over time": NETWORK,
  "overview / Critical and unhealthy": TOTAL,
  "overview / Firing alerts": inColumn([...new Set([...TARGETS, ...BEATS, VICTIM_GROUP])], "Severity"),
  "overview / Groups": [VICTIM_GROUP],
  "overview / Health": TOTAL,
  "overview / Heartbeats": BEATS,
  "overview / Heartbeats down": TOTAL,
  "overview / Heartbeats that were down": BEATS,
  "overview / Target details": inColumn(TARGETS, "Status", "Uptime"),
  "overview / Targets": TARGETS,
  "overview / Targets that were not healthy": TARGETS,
  "overview / Unhealthy": TOTAL,
  "overview / What is wrong": inColumn([...new Set([...TARGETS, ...BEATS])], "State"),
  "slo / Availability of all targets": TOTAL,
  "slo / Error budget left": TARGETS,
  "slo / Objectives": inColumn(TARGETS, "Budget left"),
  "slo / Targets missing their objective": TOTAL,
};

const subjectOf = ({ row }: ShownCell, names: readonly string[]): string | undefined => {
  const words = row.split(/[^\w-]+/);
  return names.find((name) => words.includes(name));
};

const describeCell = ({ place, row, column, text }: ShownCell): string =>
  `${place}: ${[row, column].filter((part) => part !== "").join(", ")}: ${text}`;

describe("the dashboards", () => {
  let states: States;
  let shown: ReadonlyMap<StateName, Shown>;
  beforeAll(async () => {
    states = await reachStates();
    shown = await showAll(states);
  });
  afterAll(() => states[Symbol.asyncDispose]());

  const cellsIn = (state: StateName): readonly ShownCell[] => shown.get(state)?.cells ?? [];
  const found = (state: StateName, isFound: (cell: ShownCell) => boolean): readonly string[] =>
    cellsIn(state).filter(isFound).map(describeCell);

  test.each(STATES)("have a name for every series: %s", (state) => {
    const unnamed = shown
      .get(state)
      ?.names.filter(([, name]) => name.trim() === "" || /^(Value|\{)/.test(name));
    expect(unnamed).toEqual([]);
  });

  test.each(["exporter dead", "never scraped"] as const)("show nothing in green: %s", (state) => {
    expect(found(state, ({ hue }) => hue === "green")).toEqual([]);
  });

  test.each(["exporter dead", "never scraped"] as const)(
    "show the exporter in red, and nothing else but the past: %s",
    (state) => {
      const reds = cellsIn(state).filter(({ hue }) => hue === "red");
      expect(new Set(reds.map(({ dashboard }) => dashboard))).toEqual(new Set(readDashboards().keys()));
      const about = [ABOUT_EXPORTERS, ABOUT_ALERTS, ABOUT_THE_PAST];
      const others = reds.filter(({ place }) => !about.some((one) => one.test(place)));
      expect(others.map(describeCell)).toEqual([]);
    },
  );

  test("show only the exporter in green if nothing is configured, and nothing as bad", () => {
    const about = [ABOUT_EXPORTERS, ABOUT_ALERTS];
    const isGreen = ({ hue, place }: ShownCell): boolean =>
      hue === "green" && !about.some((one) => one.test(place));
    expect(found("empty", isGreen)).toEqual([]);
    expect(found("empty", ({ hue }) => ["red", "orange", "yellow"].includes(hue))).toEqual([]);
  });

  test("show nothing as bad while all is well", () => {
    expect(found("healthy", ({ hue }) => ["red", "orange", "yellow"].includes(hue))).toEqual([]);
    for (const name of [...VICTIMS, ...SURVIVORS]) {
      const greens = found(
        "healthy",
        (cell) => cell.hue === "green" && subjectOf(cell, [name]) !== undefined,
      );
      expect({ name, greens: greens.length }).not.toEqual({ name, greens: 0 });
    }
  });

  test("show in red what fails in an outage", () => {
    const reds = new Map<string, string[]>();
    for (const cell of cellsIn("outage").filter(({ hue }) => hue === "red")) {
      const subjects = reds.get(cell.place) ?? [];
      const name = [subjectOf(cell, [...VICTIMS, VICTIM_GROUP, ...SURVIVORS]) ?? "", cell.column]
        .join(" ")
        .trim();
      reds.set(cell.place, [...subjects, name]);
    }
    const sorted = [...reds].map(([place, names]) => [place, [...new Set(names)].toSorted()] as const);
    expect(Object.fromEntries(sorted)).toEqual(RED_IN_OUTAGE);
  });

  test("show in an outage nothing that fails as well, and nothing that is well as bad", () => {
    const isState = ({ text }: ShownCell): boolean => !/\d/.test(text);
    const lies = found(
      "outage",
      (cell) => cell.hue === "green" && isState(cell) && subjectOf(cell, VICTIMS) !== undefined,
    );
    expect(lies).toEqual([]);
    const alarms = found(
      "outage",
      (cell) => ["red", "orange", "yellow"].includes(cell.hue) && subjectOf(cell, SURVIVORS) !== undefined,
    );
    expect(alarms).toEqual([]);
  });
});

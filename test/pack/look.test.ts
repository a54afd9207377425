import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Shown, type ShownCell, showAll } from "./look/shown.ts";
import { reachStates, STATES, type StateName, type States } from "./look/states.ts";
import { SURVIVORS, VICTIM_GROUP, VICTIMS } from "./look/world.ts";
import { readDashboards } from "./queries.ts";

/** Panels about Prometheus, which works while the exporter does not. */
const ABOUT_PROMETHEUS = /^overview \/ Alerting$/;
/** Panels about the exporter itself, which works with nothing configured. */
const ABOUT_EXPORTERS =
  /^\w+(-\w+)* \/ (Exporters?|Configuration|Exporters by role|Exporters over time|Refused requests)$/;
/** Panels about alerts: that none fires is good, and that an exporter is down is an alert. */
const ABOUT_ALERTS = /^overview \/ (What is wrong|Firing alerts)$/;

/** The red cells in an outage. A cell about nobody in particular is named by its panel alone. */
const RED_IN_OUTAGE: Readonly<Record<string, readonly string[]>> = {};

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
    expect(found(state, ({ hue, place }) => hue === "green" && !ABOUT_PROMETHEUS.test(place))).toEqual([]);
  });

  test.each(["exporter dead", "never scraped"] as const)(
    "show the exporter in red, and nothing else: %s",
    (state) => {
      const reds = cellsIn(state).filter(({ hue }) => hue === "red");
      expect(new Set(reds.map(({ dashboard }) => dashboard))).toEqual(new Set(readDashboards().keys()));
      const others = reds.filter(({ place }) => !ABOUT_EXPORTERS.test(place) && !ABOUT_ALERTS.test(place));
      expect(others.map(describeCell)).toEqual([]);
    },
  );

  test("show only the exporter in green if nothing is configured, and nothing as bad", () => {
    const about = [ABOUT_EXPORTERS, ABOUT_ALERTS, ABOUT_PROMETHEUS];
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

import { panelsOf, readDashboards } from "../queries.ts";
import { type Cell, type DrawnPanel, drawnPanel } from "./cells.ts";
import { framesOf } from "./frames.ts";
import { grafana } from "./grafana.ts";
import { STATES, type StateName, type States } from "./states.ts";

/** A cell with its place. */
export interface ShownCell extends Cell {
  readonly dashboard: string;
  /** Dashboard and panel, like `overview / Health`. */
  readonly place: string;
}

/** What a dashboard shows in a state. */
export interface Shown {
  readonly cells: readonly ShownCell[];
  /** The names of series, each with its panel. */
  readonly names: readonly (readonly [place: string, name: string])[];
}

/** Draws all dashboards in all states. */
export async function showAll({ moments }: States): Promise<ReadonlyMap<StateName, Shown>> {
  const shown = new Map<StateName, Shown>();
  for (const state of STATES) {
    const moment = moments[state];
    const drawn = await Promise.all(
      [...readDashboards()].flatMap(([name, dashboard]) =>
        panelsOf(dashboard).map(async (panel) => ({
          dashboard: name,
          place: `${name} / ${panel.title}`,
          drawn: await drawnPanel(panel, await framesOf(moment, dashboard, panel), moment.to),
        })),
      ),
    );
    shown.set(state, {
      cells: drawn.flatMap(({ dashboard, place, drawn: { cells } }) =>
        cells.map((cell) => ({ ...cell, dashboard, place })),
      ),
      names: drawn.flatMap(({ place, drawn: panel }) => namesOf(panel).map((name) => [place, name] as const)),
    });
  }
  return shown;
}

/** Returns the names of the series of a panel that shows names. */
const namesOf = ({ panel, frames }: DrawnPanel): readonly string[] =>
  ["timeseries", "state-timeline", "bargauge"].includes(panel.type)
    ? frames.flatMap((frame) =>
        frame.fields.slice(1).map((field) => grafana.getFieldDisplayName(field, frame, [...frames])),
      )
    : [];

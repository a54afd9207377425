import type { DataFrame, Field } from "@grafana/data";
import type { PrometheusServer } from "../../helpers/prometheus.ts";
import { type DashboardJson, interpolate, type PanelJson, type TargetJson } from "../queries.ts";
import { grafana } from "./grafana.ts";

/** A moment of a Prometheus at which dashboards are looked at. */
export interface Moment {
  readonly prometheus: PrometheusServer;
  /** The time range of the dashboard, in Unix seconds. */
  readonly from: number;
  readonly to: number;
}

/** A series of a response, instant or range. */
interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: readonly [at: number, text: string];
  readonly values?: readonly (readonly [at: number, text: string])[];
}

type Query = Pick<TargetJson, "refId" | "expr" | "legendFormat" | "instant" | "format">;

/** Seconds between the points of a range query. */
const STEP = 1;

/** Runs the queries of a panel and returns the data as Grafana's Prometheus data source does. */
export async function framesOf(
  { prometheus, from, to }: Moment,
  dashboard: DashboardJson,
  { targets = [] }: PanelJson,
): Promise<DataFrame[]> {
  const tables = targets.filter(({ format }) => format === "table").length;
  const answers = targets.map(async (query) => {
    // The scrape interval of the test is a second.
    const expr = interpolate(query.expr, dashboard).replaceAll("[61s]", "[10s]");
    const at = { time: String(to) };
    const range = { start: String(from), end: String(to), step: String(STEP) };
    const { instant = false } = query;
    const answer = await prometheus.api(instant ? "query" : "query_range", {
      query: expr,
      ...(instant ? at : range),
    });
    const { result } = answer as { result: readonly Series[] };
    return query.format === "table"
      ? tableFrames(query, result, tables)
      : result.map((series) => seriesFrame(query, series));
  });
  return (await Promise.all(answers)).flat();
}

const numberOf = (text: string): number => Number(text.replace("Inf", "Infinity"));

const pointsOf = ({ value, values = value === undefined ? [] : [value] }: Series): Series["values"] & {} =>
  values;

/** Returns one frame per series, named by the legend. */
function seriesFrame(query: Query, series: Series): DataFrame {
  const points = pointsOf(series);
  const legend = query.legendFormat.replaceAll(
    /\{\{\s*(.+?)\s*\}\}/g,
    (_, label: string) => series.metric[label] ?? "",
  );
  return grafana.createDataFrame({
    refId: query.refId,
    fields: [
      {
        name: "Time",
        type: grafana.FieldType.time,
        values: points.map(([at]) => at * 1000),
        config: { interval: STEP * 1000 },
      },
      {
        name: "Value",
        type: grafana.FieldType.number,
        labels: { ...series.metric },
        values: points.map(([, text]) => numberOf(text)),
        config: { displayNameFromDS: legend },
      },
    ],
  });
}

/** Returns the series of a query as one table: the time, a column per label, and the value. */
function tableFrames(query: Query, result: readonly Series[], tables: number): readonly DataFrame[] {
  if (result.length === 0) return [];
  const labels = [...new Set(result.flatMap(({ metric }) => Object.keys(metric)))].toSorted();
  const rows = result.flatMap((series) => pointsOf(series).map((point) => ({ series, point })));
  const column = (
    name: string,
    type: Field["type"],
    values: unknown[],
  ): Partial<Field> & { name: string } => ({
    name,
    type,
    values,
    config: {},
  });
  return [
    grafana.createDataFrame({
      refId: query.refId,
      fields: [
        column(
          "Time",
          grafana.FieldType.time,
          rows.map(({ point }) => point[0] * 1000),
        ),
        ...labels.map((label) =>
          column(
            label,
            grafana.FieldType.string,
            rows.map(({ series }) => series.metric[label] ?? ""),
          ),
        ),
        column(
          tables === 1 ? "Value" : `Value #${query.refId}`,
          grafana.FieldType.number,
          rows.map(({ point }) => numberOf(point[1])),
        ),
      ],
    }),
  ];
}

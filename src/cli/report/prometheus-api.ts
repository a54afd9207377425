import type { FromSchema, JSONSchema } from "json-schema-to-ts";
import { type Timestamp, timestamp } from "../../core/units.ts";
import type { Span } from "../../report/span.ts";
import type { Remote } from "../remote.ts";

/** One series of a query result; `points` are in order of time, a single one for an instant query. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly points: readonly (readonly [at: Timestamp, value: number])[];
}

/** Prometheus' query API. Queries reject with a CommandError. */
export interface PrometheusApi {
  readonly name: string;
  /** Evaluates an expression at one time (an instant query). */
  at(expression: string, time: Timestamp): Promise<readonly Series[]>;
  /** Evaluates an expression every `step` seconds of a span (a range query). */
  over(expression: string, span: Span, step: number): Promise<readonly Series[]>;
}

const point = {
  type: "array",
  items: { type: ["number", "string"] },
  minItems: 2,
} as const satisfies JSONSchema;

const answerSchema = {
  type: "object",
  required: ["status", "data"],
  properties: {
    status: { const: "success" },
    data: {
      type: "object",
      required: ["result"],
      properties: {
        result: {
          type: "array",
          items: {
            type: "object",
            required: ["metric"],
            properties: {
              metric: { type: "object", additionalProperties: { type: "string" } },
              value: point,
              values: { type: "array", items: point },
            },
          },
        },
      },
    },
  },
} as const satisfies JSONSchema;

/** Creates a client for Prometheus' HTTP API, or that of Thanos, Mimir or VictoriaMetrics, which have the same routes. */
export function createPrometheusApi(remote: Remote): PrometheusApi {
  const ask = async (path: string, form: Readonly<Record<string, string>>): Promise<readonly Series[]> => {
    // The answer was validated by the schema.
    const { data } = (await remote.ask(path, answerSchema, form)) as FromSchema<typeof answerSchema>;
    return data.result.map(({ metric, value, values = value === undefined ? [] : [value] }) => ({
      labels: metric,
      points: values.map(([at, text]) => [timestamp(Number(at)), numberOf(String(text))] as const),
    }));
  };
  return {
    name: remote.name,
    at: (query, time) => ask("api/v1/query", { query, time: String(time) }),
    over: (query, { from, to }, step) =>
      ask("api/v1/query_range", { query, start: String(from), end: String(to), step: String(step) }),
  };
}

/** Parses a number as Go prints it, `+Inf` included. */
const numberOf = (text: string): number => Number(text.replace("Inf", "Infinity"));

import type { FromSchema, JSONSchema } from "json-schema-to-ts";
import { type Timestamp, timestamp } from "../../core/units.ts";
import type { Span } from "../../report/build.ts";
import type { Remote } from "../remote.ts";

/** One series of an answer; `points` in the order of time, one of them for an instant query. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly points: readonly (readonly [at: Timestamp, value: number])[];
}

/** What is asked of a Prometheus. Both reject with a CommandError. */
export interface PrometheusApi {
  readonly name: string;
  /** What an expression says at a time. */
  at(expression: string, time: Timestamp): Promise<readonly Series[]>;
  /** What it says every `step` seconds of a time. */
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

/** Prometheus' HTTP API, of which Thanos, Mimir and VictoriaMetrics have the same two routes. */
export function createPrometheusApi(remote: Remote): PrometheusApi {
  const ask = async (path: string, form: Readonly<Record<string, string>>): Promise<readonly Series[]> => {
    // Held against the schema.
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

/** As Go writes numbers. */
const numberOf = (text: string): number => Number(text.replace("Inf", "Infinity"));

import { type DestinationStream, pino } from "pino";
import type { Log } from "../core/log.ts";

export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export const LOG_FORMATS = ["logfmt", "json"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogFormat = (typeof LOG_FORMATS)[number];

/** The exporter's log, to standard error, one event a line. Synchronous, so that the last words before an end are not lost. */
export function createLog(level: LogLevel, format: LogFormat): Log {
  const toStderr = pino.destination({ dest: 2, sync: true });
  const destination: DestinationStream =
    format === "json" ? toStderr : { write: (line) => toStderr.write(toLogfmt(line)) };
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: pino.stdSerializers.err },
    },
    destination,
  );
}

/** `time=... level=info msg="..." key=value`, as Prometheus and its exporters print. Nested values stay JSON. */
export function toLogfmt(jsonLine: string): string {
  const { time, level, msg, ...fields } = JSON.parse(jsonLine) as Record<string, unknown>;
  const pairs = Object.entries({ time, level, msg, ...fields }).filter(([, value]) => value !== undefined);
  return `${pairs.map(([key, value]) => `${key}=${logfmtValue(value)}`).join(" ")}\n`;
}

function logfmtValue(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return /^[^\s"=\\\p{Cc}]+$/u.test(text) ? text : JSON.stringify(text);
}

import { type DestinationStream, pino } from "pino";
import type { Log } from "../core/log.ts";

/** The values of `--log.level`, the least severe first. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

/** The values of `--log.format`. */
export const LOG_FORMATS = ["logfmt", "json"] as const;

/** The least severe level that is logged. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The format of log lines. */
export type LogFormat = (typeof LOG_FORMATS)[number];

/** Creates the exporter's log on standard error, one event per line. Writes synchronously, so that the last lines before an exit are not lost. */
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

/** Converts a JSON line to `time=... level=info msg="..." key=value`, as Prometheus prints. Nested values stay JSON. */
export function toLogfmt(jsonLine: string): string {
  const { time, level, msg, ...fields } = JSON.parse(jsonLine) as Record<string, unknown>;
  const pairs = Object.entries({ time, level, msg, ...fields }).filter(([, value]) => value !== undefined);
  return `${pairs.map(([key, value]) => `${key}=${logfmtValue(value)}`).join(" ")}\n`;
}

function logfmtValue(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return /^[^\s"=\\\p{Cc}]+$/u.test(text) ? text : JSON.stringify(text);
}

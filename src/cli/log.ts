import { fstatSync } from "node:fs";
import { type DestinationStream, pino } from "pino";
import type { Environment } from "../config/document/convert.ts";
import type { Log } from "../core/log.ts";

/** The values of `--log.level`, the least severe first. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

/** The values of `--log.format`. */
export const LOG_FORMATS = ["logfmt", "json", "journal"] as const;

/** The least severe level that is logged. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The format of log lines. */
export type LogFormat = (typeof LOG_FORMATS)[number];

/** Returns the format of a log whose format is not chosen: that of systemd's journal if standard error is connected to it. */
export function defaultLogFormat(env: Environment): LogFormat {
  const { dev, ino } = fstatSync(2, { bigint: true });
  return env["JOURNAL_STREAM"] === `${dev}:${ino}` ? "journal" : "logfmt";
}

/** How lines of pino become those of a format. */
const CONVERSIONS: Readonly<Record<LogFormat, (jsonLine: string) => string>> = {
  logfmt: (line) => toLogfmt(line),
  json: (line) => line,
  journal: toJournal,
};

/** Creates the exporter's log on standard error, one event per line. Writes synchronously, so that the last lines before an exit are not lost. */
export function createLog(level: LogLevel, format: LogFormat): Log {
  const toStderr = pino.destination({ dest: 2, sync: true });
  const convert = CONVERSIONS[format];
  const destination: DestinationStream = { write: (line) => toStderr.write(convert(line)) };
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

/** The priorities of levels, as in sd-daemon(3). */
const PRIORITIES: Readonly<Record<LogLevel, number>> = { debug: 7, info: 6, warn: 4, error: 3 };

/** Converts a JSON line to logfmt for systemd's journal, which has a time of its own and takes the priority from the beginning. */
export function toJournal(jsonLine: string): string {
  const { time: _time, ...rest } = JSON.parse(jsonLine) as {
    readonly time: string;
    readonly level: LogLevel;
  };
  return `<${PRIORITIES[rest.level]}>${toLogfmt(JSON.stringify(rest))}`;
}

function logfmtValue(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return /^[^\s"=\\\p{Cc}]+$/u.test(text) ? text : JSON.stringify(text);
}

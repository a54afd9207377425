import { type Command, InvalidArgumentError, Option } from "commander";
import { DURATION_FORM, parseDuration, type Seconds, seconds } from "../core/units.ts";
import { HELP_FLAGS, withConfigFile } from "./shell.ts";
import { withSwitch } from "./single-flags.ts";

/** Adds the flags of the configuration. */
export function withConfigFlags(command: Command): Command {
  withConfigFile(command.helpOption(HELP_FLAGS, "show this help"));
  withSwitch(
    command,
    "config.check",
    "check the configuration, print its problems, and exit (0 valid, 1 invalid)",
  );
  return withSwitch(
    command,
    "config.enable-auto-reload",
    "reload the configuration when its file changes",
  ).addOption(
    new Option(
      "--config.auto-reload-interval <seconds>",
      "interval at which --config.enable-auto-reload looks for changes, as a number of seconds or a duration",
    )
      .argParser(autoReloadInterval)
      .default(seconds(30), "30s"),
  );
}

/** Adds the flags of probes and of the state. */
export const withStateFlags = (command: Command): Command =>
  command
    .option(
      "--timeout-offset <seconds>",
      "time to subtract from Prometheus' scrape timeout for the transfer of the answer",
      timeoutOffset,
      seconds(0.5),
    )
    .option(
      "--history.limit <count>",
      "number of recent probes, and of recent failures, that / and /logs show",
      historyLimit,
      100,
    )
    .option(
      "--storage.path <file>",
      "file for state and history, which then survive restarts (default: storage.path of the configuration, else HEARTBEAT_STORAGE_PATH, else memory only)",
    );

/** Parses a duration or, as blackbox_exporter does, a number of seconds. */
function autoReloadInterval(text: string): Seconds {
  const length = /^\d{1,9}$/.test(text) ? seconds(Number(text)) : parseDuration(text);
  if (length !== undefined && length >= 1) return length;
  throw new InvalidArgumentError(`got "${text}", want a number of seconds from 1 on, or ${DURATION_FORM}`);
}

/** Parses a duration or, as blackbox_exporter does, a number of seconds. */
function timeoutOffset(text: string): Seconds {
  const length = /^\d+(\.\d+)?$/.test(text) ? seconds(Number(text)) : parseDuration(text);
  if (length === undefined)
    throw new InvalidArgumentError(`got "${text}", want a number of seconds, or ${DURATION_FORM}`);
  return length;
}

function historyLimit(text: string): number {
  if (/^\d{1,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError(`got "${text}", want a number from 0 to 99999`);
}

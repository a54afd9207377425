import { type Command, Option } from "commander";
import { LOG_FORMATS, LOG_LEVELS } from "./log.ts";

/** Adds the flags of the log. */
export const withLogFlags = (command: Command): Command =>
  command
    .addOption(levelOption("--log.level <level>", "log level").default("info"))
    .addOption(
      new Option(
        "--log.format <format>",
        "log format; journal is logfmt without the time and with the priority that systemd reads, <6> (default: logfmt, or journal if the log goes to systemd's journal)",
      ).choices(LOG_FORMATS),
    )
    .addOption(
      levelOption(
        "--log.prober <level>",
        "log what probes ask and are answered (debug), or only failed probes (info, warn, error), whatever --log.level is; without it, --log.level=debug logs all at debug",
      ),
    );

/** Defines a flag with a level, in letters of any case, as in the other exporters. */
function levelOption(flags: string, description: string): Option {
  const option = new Option(flags, description).choices(LOG_LEVELS);
  const { parseArg } = option;
  return option.argParser((text) => parseArg?.(text.toLowerCase(), undefined));
}

import { Command, Option } from "commander";
import { defined } from "../core/defined.ts";
import { PROFILES, type Profile } from "./init/profile.ts";
import type { InitFlags } from "./init/run.ts";
import { type Choose, withUsageExit } from "./shell.ts";
import { collecting } from "./single-flags.ts";

const HELP = `
Asks five questions on a terminal, and none that a flag answers. Without a terminal it asks nothing: the answers are the flags,
and the defaults below. Secrets are never asked: the file names the variables or files that hold them.

Profiles:
  blackbox  takes the modules of a blackbox.yml as they are, and adds targets that are watched all the time
  models    asks models questions, with a budget, and with several models a route to the first usable one
  homelab   waits for pings of machines and cron jobs, and watches web pages

Forms of answers:
  --model   MODEL, or MODEL@URL for a model of another API
  --key     NAME of a variable, the path of a file, or none; one for each API, in the order of the models
  --job     NAME, NAME hourly|daily|weekly, NAME DURATION, or NAME and the five fields of cron
  --notify  the URL of an ntfy topic, telegram CHAT, discord, slack, or none

Exit code: 0 written, 1 the file exists or cannot be written, or the questions were not answered to the end, 2 wrong flags.

Examples:
  heartbeat-exporter init
  heartbeat-exporter init --for=blackbox --blackbox.file=/etc/prometheus/blackbox.yml --address=https://example.com
  heartbeat-exporter init --url=https://api.openai.com/v1 --model=gpt-4o-mini --model=llama3.2@http://ollama:11434/v1
  heartbeat-exporter init --machine=nas --job="backup 0 3 * * *" --page=https://example.com --notify=https://ntfy.sh/my-topic
  heartbeat-exporter init --for=models --output=- | heartbeat-exporter config check --config.file=/dev/stdin
`;

const anyText = collecting((text) => text);

/** Defines `init`, which writes a first configuration. */
export const initCommand = (choose: Choose): Command =>
  withUsageExit(new Command("init"))
    .description("Write a first configuration, by a few questions or flags.")
    .addOption(new Option("--for <profile>", "who begins (default: by the other flags)").choices(PROFILES))
    .option("--blackbox.file <file>", "blackbox: the file with the modules (default: where Debian has it)")
    .option("--address <address>", "blackbox: an address to watch; may be repeated", anyText)
    .option("--module <name>", "blackbox: the module for the addresses (default: http_2xx)")
    .option("--url <url>", "models: base URL of the API (default: http://127.0.0.1:11434/v1)")
    .option(
      "--model <model>",
      "models: a model, the preferred one first; may be repeated (default: by the URL)",
      anyText,
    )
    .option(
      "--key <name>",
      "models: where the key of an API is; may be repeated (default: by the URL)",
      anyText,
    )
    .option("--budget <tokens>", "models: most tokens a day, or none (default: 300k)")
    .option("--machine <name>", "homelab: a machine that pings; may be repeated (default: nas)", anyText)
    .option("--job <job>", "homelab: a cron job that pings; may be repeated (default: backup daily)", anyText)
    .option("--page <url>", "homelab: a web page to watch; may be repeated", anyText)
    .option("--notify <channel>", "blackbox, homelab: who is told (default: none)")
    .option("--output <file>", "the file to write; - is standard output", "exporter.yml")
    .option("--force", "replace a file that exists")
    .addHelpText("after", HELP)
    .action((_options, command: Command) => {
      const {
        for: profile,
        output,
        force,
        ...answers
      } = command.opts<{
        for?: Profile;
        output: string;
        force?: true;
        [answer: string]: string | readonly string[] | true | undefined;
      }>();
      const flags: InitFlags = {
        ...defined({ profile }),
        output,
        force: force === true,
        answers: new Map(
          command.options.flatMap((option) => {
            const value = answers[option.attributeName()];
            return typeof value === "string" || Array.isArray(value)
              ? [[option.long ?? "", [value].flat() as readonly string[]] as const]
              : [];
          }),
        ),
      };
      choose(async (shell) => (await import("./init/run.ts")).runInit(flags, shell));
    });

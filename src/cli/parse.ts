import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable, type Writable } from "node:stream";
import { createGunzip } from "node:zlib";
import { Command, Option } from "commander";
import type { ConfigDeps, ConfigSource } from "../config/config.ts";
import { ConfigError } from "../config/document/problems.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import { defined } from "../core/defined.ts";
import { createExposition } from "../metrics/exposition.ts";
import { beatSamples } from "../metrics/heartbeats.ts";
import { asUtf8 } from "../probers/heartbeat-log/formats.ts";
import { newLogState, newPosition } from "../probers/heartbeat-log/log-state.ts";
import type { HeartbeatLogModule } from "../probers/heartbeat-log/options.ts";
import { heartbeatLogProber } from "../probers/heartbeat-log/prober.ts";
import { logSamples } from "../probers/heartbeat-log/samples.ts";
import { openSession, timeOfHeartbeat } from "../probers/heartbeat-log/session.ts";
import type { LogHeartbeat } from "../probers/heartbeat-log/tally.ts";
import { heartbeatOf } from "../probers/heartbeat-log/verdict.ts";
import { openConfig } from "./open-config.ts";
import { createProgress, megabytes, type Screen } from "./progress.ts";
import { CommandError, configDeps, EXIT, type Shell, withUsageExit } from "./shell.ts";

const OUTPUTS = ["exposition", "jsonl"] as const;

/** What `heartbeat-exporter parse` was told. */
export interface ParseFlags {
  /** `-` is the standard input. */
  readonly file: string;
  readonly configFile?: string;
  readonly module?: string;
  readonly output: (typeof OUTPUTS)[number];
}

const HELP = `
Reads a log as a module of kind heartbeat_log does: Docker, CRI, journald and plain lines, gzip too. Without --module
the options are the defaults, or those of the only such module of the configuration.

  exposition  the series of the last heartbeat, and what was counted on the way
  jsonl       a line of JSON for each heartbeat, {"timestamp":...,"heartbeat":{...}}; timestamp is null where none is said

Exit code: 0, or 1 when there is no heartbeat or the log cannot be read, or 2 when it could not be understood.

Examples:
  heartbeat-exporter parse /var/log/petrosa/strategies.log
  kubectl logs deployment/petrosa-realtime-strategies | heartbeat-exporter parse -
  heartbeat-exporter parse --config.file=exporter.yml --module=petrosa --output=jsonl old.log.gz | jq .heartbeat.messages_per_second
`;

/** The subcommand. Its flags are its own, so they stand after its name. */
export const parseCommand = (run: (flags: ParseFlags) => void): Command =>
  withUsageExit(new Command("parse"))
    .description("read a log with heartbeats, print what is in it, and exit")
    .argument("<file>", "the log, gzip or not; - is the standard input")
    .option("--config.file <path>", "configuration with the module, in YAML")
    .option("--module <name>", "module of kind heartbeat_log that says how to read the log")
    .addOption(new Option("--output <form>", "what to print").choices(OUTPUTS).default("exposition"))
    .addHelpText("after", HELP)
    .action((file: string, _options, command: Command) => {
      const given = command.optsWithGlobals<{
        "config.file"?: string;
        module?: string;
        output: ParseFlags["output"];
      }>();
      const { "config.file": configFile, module, output } = given;
      run({
        file,
        output,
        ...defined({ configFile, module }),
      });
    });

/** Prints what is in a log, to the process' own streams: it may be longer than fits into memory. */
export async function printParsed(flags: ParseFlags, { env, clock }: Shell): Promise<number> {
  const module = await logModule(flags, configDeps, env);
  const { stdin, stdout, stderr } = process;
  try {
    const { heartbeats, lines } = await parseLog(flags, { module, clock, stdin, stdout, screen: stderr });
    if (heartbeats > 0) return EXIT.good;
    throw new CommandError(`${flags.file}: no heartbeat in ${lines} lines`);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new CommandError(`${flags.file}: cannot be read: ${why}`, "failed", { cause: error });
  }
}

/** Where a parsed log comes from and what becomes of it. */
interface ParseDeps {
  readonly module: HeartbeatLogModule;
  readonly clock: Clock;
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly screen: Screen;
}

/**
 * Parses a log and prints what is in it.
 * @returns how many heartbeats and lines there were; rejects when the log cannot be read
 */
async function parseLog(
  { file, output }: Pick<ParseFlags, "file" | "output">,
  { module, clock, stdin, stdout, screen }: ParseDeps,
): Promise<{ readonly heartbeats: number; readonly lines: number }> {
  const facts = file === "-" ? undefined : await stat(file);
  const progress = createProgress(screen, clock, facts?.size, megabytes);
  let ready = "";
  const take = (heard: LogHeartbeat): void => {
    if (output === "jsonl") ready += jsonLine(heard, module);
  };
  const session = openSession(newLogState(), module.rules, { clock, log: () => {} }, take);
  const position = newPosition(file);
  const scanner = session.scanner(position);
  let read = 0;
  const counted = (bytes: number): void => progress.reach((read += bytes));
  try {
    for await (const chunk of decompressed(
      file === "-" ? stdin : createReadStream(file, { highWaterMark: 262_144 }),
      counted,
    )) {
      scanner.push(chunk);
      if (ready !== "") await write(stdout, ready);
      ready = "";
    }
  } finally {
    progress.end();
  }
  scanner.end();
  session.dateNewest(facts === undefined ? undefined : facts.mtimeMs / 1000);
  const state = session.state([position]);
  const exposition = createExposition();
  exposition.add(logSamples(file, state, module.fields, module.rules.zone));
  exposition.add(beatSamples(heartbeatOf(file, state, module), clock.now()));
  await write(stdout, output === "jsonl" ? ready : exposition.text());
  return { heartbeats: state.counts.heartbeats, lines: state.counts.lines };
}

/** Lines are read as Latin-1; all of a heartbeat is brought back to UTF-8 at once. */
function jsonLine(heard: LogHeartbeat, { rules }: HeartbeatLogModule): string {
  const timestamp = timeOfHeartbeat(heard, rules) ?? null;
  return `{"timestamp":${JSON.stringify(timestamp)},"heartbeat":${asUtf8(JSON.stringify(heard.fields))}}\n`;
}

/** The bytes of a log, decompressed if they begin as gzip does. */
async function* decompressed(source: Readable, counted: (bytes: number) => void): AsyncGenerator<Buffer> {
  const chunks = countChunks(source, counted);
  const first = await chunks.next();
  if (first.done === true) return;
  const whole = (async function* () {
    yield first.value;
    yield* chunks;
  })();
  if (first.value[0] !== 0x1f || first.value[1] !== 0x8b) yield* whole;
  else yield* Readable.from(whole).pipe(createGunzip()) as AsyncIterable<Buffer>;
}

async function* countChunks(source: Readable, counted: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const chunk of source as AsyncIterable<Buffer>) {
    counted(chunk.length);
    yield chunk;
  }
}

/** Waits while the reader of the output is slower. */
const write = (stream: Writable, text: string): Promise<void> =>
  new Promise((resolve, reject) => {
    stream.write(text, (error) => (error == null ? resolve() : reject(error)));
  });

const { kind } = heartbeatLogProber;

/** A module with the defaults of all options. It may read no files, but reading is not its part here. */
const DEFAULTS = `modules: { log: { prober: ${kind}, ${kind}: { paths: [] } } }`;

/**
 * The module that says how to read a log: the one that is named, or the only one there is.
 * Rejects with ConfigError when it is not clear which one is meant, or the configuration is not good
 */
export async function logModule(
  { configFile, module: name }: Pick<ParseFlags, "configFile" | "module">,
  deps: ConfigDeps,
  env: Readonly<Record<string, string | undefined>>,
): Promise<HeartbeatLogModule> {
  const source: ConfigSource =
    configFile === undefined
      ? { kind: "text", name: "defaults", text: DEFAULTS }
      : { kind: "file", path: configFile, env };
  const { holder } = await openConfig(source, deps, systemClock);
  const { modules } = holder.current();
  const possible = [...modules.values()].filter(({ prober }) => prober.kind === kind);
  const named = name === undefined ? possible : possible.filter((one) => one.name === name);
  const [module] = named;
  if (module !== undefined && named.length === 1 && (name === undefined || configFile !== undefined))
    return module.options as HeartbeatLogModule;
  const names = possible.map((one) => one.name).join(", ") || "there is none";
  const want =
    configFile === undefined
      ? "--config.file besides, with that module"
      : `a module of kind ${kind}: ${names}`;
  throw new ConfigError([{ place: "--module", path: "", got: name ?? "nothing", want }]);
}

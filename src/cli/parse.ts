import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable, type Writable } from "node:stream";
import { createGunzip } from "node:zlib";
import { Command, Option } from "commander";
import type { ConfigDeps, ConfigSource } from "../config/config.ts";
import { ConfigError } from "../config/document/problems.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import { markedEncoding } from "../core/decode-text.ts";
import { defined } from "../core/defined.ts";
import { type Timestamp, timestamp } from "../core/units.ts";
import { createExposition } from "../metrics/exposition.ts";
import { beatSamples } from "../metrics/heartbeats.ts";
import { compressionOf } from "../probers/heartbeat-log/content.ts";
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
import { type Choose, CommandError, configDeps, EXIT, type Shell, withUsageExit } from "./shell.ts";

const OUTPUTS = ["exposition", "jsonl"] as const;

/** The arguments and flags of `heartbeat-exporter parse`. */
export interface ParseFlags {
  /** A path, or `-` for standard input. */
  readonly file: string;
  readonly configFile?: string;
  readonly module?: string;
  readonly output: (typeof OUTPUTS)[number];
}

const HELP = `
Reads the log as a heartbeat_log module would: plain lines or those of Docker, CRI or journald, compressed with gzip or
not, in UTF-8 or in UTF-16 with a byte order mark. Without --config.file, the module's options have their defaults;
--module may be omitted if the configuration has only one heartbeat_log module.

Output:
  exposition  the series of the last heartbeat, and the counts of lines and heartbeats
  jsonl       one JSON object per heartbeat and line, {"timestamp":...,"heartbeat":{...}}; timestamp is null if the
              heartbeat has none

Exit code: 0 the log contains heartbeats, 1 it contains none or cannot be read, 2 wrong flags or a bad configuration.

Examples:
  heartbeat-exporter parse /var/log/petrosa/strategies.log
  kubectl logs deployment/petrosa-realtime-strategies | heartbeat-exporter parse -
  heartbeat-exporter parse --config.file=exporter.yml --module=petrosa --output=jsonl old.log.gz | jq .heartbeat.messages_per_second
`;

/** Defines `parse FILE`, which prints the heartbeats in a log. */
export const parseCommand = (choose: Choose): Command =>
  withUsageExit(new Command("parse"))
    .description("Print the heartbeats in a log.")
    .argument("<file>", "the log; - reads standard input")
    .option("--config.file <path>", "YAML configuration that defines the module")
    .option("--module <name>", "heartbeat_log module that defines how to read the log")
    .addOption(new Option("--output <format>", "output format").choices(OUTPUTS).default("exposition"))
    .addHelpText("after", HELP)
    .action((file: string, _options, command: Command) => {
      const options = command.optsWithGlobals<{
        "config.file"?: string;
        module?: string;
        output: ParseFlags["output"];
      }>();
      const { "config.file": configFile, module, output } = options;
      const flags: ParseFlags = { file, output, ...defined({ configFile, module }) };
      choose((shell) => printLog(flags, shell));
    });

/** Prints the heartbeats in a log. Writes to the streams of the process, because the log may not fit into memory. */
async function printLog(flags: ParseFlags, { env, clock }: Shell): Promise<number> {
  const module = await logModule(flags, configDeps, env);
  const { stdin, stdout, stderr } = process;
  try {
    const { heartbeats, lines } = await parseLog(flags, { module, clock, stdin, stdout, screen: stderr });
    if (heartbeats > 0) return EXIT.good;
    throw new CommandError(`${flags.file}: no heartbeat in ${lines} lines`);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new CommandError(`${flags.file}: cannot be read: ${message}`, "failed", { cause: error });
  }
}

/** The input and outputs of a parse. */
interface ParseDeps {
  readonly module: HeartbeatLogModule;
  readonly clock: Clock;
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly screen: Screen;
}

/**
 * Parses a log and prints its heartbeats.
 * @returns the number of heartbeats and lines; rejects if the log cannot be read
 */
async function parseLog(
  { file, output }: Pick<ParseFlags, "file" | "output">,
  { module, clock, stdin, stdout, screen }: ParseDeps,
): Promise<{ readonly heartbeats: number; readonly lines: number }> {
  const stats = file === "-" ? undefined : await stat(file);
  const writtenBy = timestamp(Math.min(clock.now(), (stats?.mtimeMs ?? Number.POSITIVE_INFINITY) / 1000));
  const progress = createProgress(screen, clock, stats?.size, megabytes);
  let pending = "";
  const onHeartbeat = (heartbeat: LogHeartbeat): void => {
    if (output === "jsonl") pending += jsonLine(heartbeat, module, writtenBy);
  };
  const session = openSession(newLogState(), module.rules, { clock, log: () => {} }, onHeartbeat);
  const position = newPosition(file);
  const scanner = session.scanner(position);
  let read = 0;
  const onRead = (bytes: number): void => progress.reach((read += bytes));
  const source = file === "-" ? stdin : createReadStream(file, { highWaterMark: 262_144 });
  try {
    for await (const chunk of asUtf8Bytes(decompressed(source, onRead))) {
      scanner.push(chunk);
      if (pending !== "") await write(stdout, pending);
      pending = "";
    }
  } finally {
    progress.end();
  }
  scanner.end();
  session.dateNewest(stats === undefined ? undefined : stats.mtimeMs / 1000);
  const state = session.state([position]);
  const exposition = createExposition();
  exposition.add(logSamples(file, state, module.fields, module.rules.zone));
  exposition.add(beatSamples(heartbeatOf(file, state, module), clock.now()));
  await write(stdout, output === "jsonl" ? pending : exposition.text());
  return { heartbeats: state.counts.heartbeats, lines: state.counts.lines };
}

/** Formats a heartbeat as a line of JSON. Log lines are read as Latin-1, so its fields are converted to UTF-8 here. */
function jsonLine(heartbeat: LogHeartbeat, { rules }: HeartbeatLogModule, writtenBy: Timestamp): string {
  const at = timeOfHeartbeat(heartbeat, rules, writtenBy) ?? null;
  return `{"timestamp":${JSON.stringify(at)},"heartbeat":${asUtf8(JSON.stringify(heartbeat.fields))}}\n`;
}

/**
 * Yields the bytes of a log, decompressed if they begin with the magic number of gzip.
 * @param onRead called with the number of bytes of each chunk of `source`
 */
async function* decompressed(source: Readable, onRead: (bytes: number) => void): AsyncGenerator<Buffer> {
  const chunks = countChunks(source, onRead);
  const first = await chunks.next();
  if (first.done === true) return;
  const bytes = prepend(first.value, chunks);
  if (compressionOf(first.value) === "gzip")
    yield* Readable.from(bytes).pipe(createGunzip()) as AsyncIterable<Buffer>;
  else yield* bytes;
}

/** Yields the bytes of a log as UTF-8, if they begin with the byte order mark of UTF-16. */
async function* asUtf8Bytes(source: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const first = await source.next();
  if (first.done === true) return;
  const encoding = markedEncoding(first.value) ?? "utf-8";
  if (encoding === "utf-8") return yield* prepend(first.value, source);
  const decoder = new TextDecoder(encoding);
  for await (const chunk of prepend(first.value, source))
    yield Buffer.from(decoder.decode(chunk, { stream: true }));
}

async function* prepend(first: Buffer, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* rest;
}

async function* countChunks(source: Readable, onRead: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const chunk of source as AsyncIterable<Buffer>) {
    onRead(chunk.length);
    yield chunk;
  }
}

/** Writes to a stream and waits until the text is flushed, so that a slow reader slows the parse down. */
const write = (stream: Writable, text: string): Promise<void> =>
  new Promise((resolve, reject) => {
    stream.write(text, (error) => (error == null ? resolve() : reject(error)));
  });

const { kind } = heartbeatLogProber;

/** A configuration whose module has the defaults of all options. Its `paths` do not matter, because it opens no file. */
const DEFAULTS = `modules: { log: { prober: ${kind}, ${kind}: { paths: [] } } }`;

/**
 * Returns the options of the module that defines how to read the log: the one named, or the only heartbeat_log module.
 * @returns rejects with ConfigError if the module is missing or ambiguous, or the configuration is invalid
 */
async function logModule(
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
  const candidates = [...modules.values()].filter(({ prober }) => prober.kind === kind);
  const matches = name === undefined ? candidates : candidates.filter((one) => one.name === name);
  const [module] = matches;
  if (module !== undefined && matches.length === 1 && (name === undefined || configFile !== undefined))
    return module.options as HeartbeatLogModule;
  const names = candidates.map((one) => one.name).join(", ") || "the configuration has none";
  const want =
    configFile === undefined
      ? "also --config.file with a file that defines the module"
      : `the name of a ${kind} module (${names})`;
  throw new ConfigError([{ place: "--module", path: "", got: name ?? "nothing", want }]);
}

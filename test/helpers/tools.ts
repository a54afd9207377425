import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { type Finished, type RunOptions, run } from "./process.ts";

/** A program that scripts/tools.mjs fetches. */
export type ToolName =
  | "prometheus"
  | "promtool"
  | "blackbox_exporter"
  | "alertmanager"
  | "amtool"
  | "llama-server"
  | "logrotate"
  | "haproxy"
  | "nginx"
  | "unbound"
  | "dnsmasq"
  | "ping"
  | "mtail"
  | "busybox"
  | "zsh"
  | "fish"
  | "chromium";

/** `bookworm`: the oldest version that the exporter supports. `newest`: a current one. */
export type ToolVersion = "bookworm" | "newest";

/** A program that is ready to be started. */
export interface Tool {
  /** The command, and the arguments that come before any others. */
  readonly argv: readonly [command: string, ...prefix: string[]];
  /** The working directory that it needs, if it needs one. */
  readonly cwd: string | undefined;
  /** The version that it reports, such as `3.5.3+ds1`. */
  readonly version: string;
}

/** The file that scripts/tools.mjs writes; `{root}` in a word stands for the folder of the manifest. */
interface Manifest {
  readonly programs: Readonly<Record<string, { argv: string[]; cwd?: string; version?: string }>>;
}

const folders: Readonly<Record<ToolVersion, string>> = { bookworm: "bookworm", newest: "sid" };

/**
 * Finds a program that tests run against.
 *
 * @throws Error when it is missing: a test without its program fails and is never skipped
 */
export function tool(name: ToolName, version: ToolVersion): Tool {
  const root = fileURLToPath(new URL(`../../.tools/${folders[version]}`, import.meta.url));
  const file = `${root}/manifest.json`;
  const manifest = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Manifest) : undefined;
  const entry = manifest?.programs[name];
  const [command, ...prefix] = entry?.argv.map((word) => word.replaceAll("{root}", root)) ?? [];
  if (entry === undefined || command === undefined || !existsSync(command)) {
    throw new Error(
      `${name} (${version}) is missing. \`npm test\` fetches it, and so does \`node scripts/tools.mjs\`, which says why it cannot.`,
    );
  }
  return {
    argv: [command, ...prefix],
    cwd: entry.cwd?.replaceAll("{root}", root),
    version: entry.version ?? "unknown",
  };
}

/** Runs a program such as promtool to its end and returns its exit code and output. */
export function runTool(
  name: ToolName,
  version: ToolVersion,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Finished> {
  const { argv, cwd } = tool(name, version);
  return run([...argv, ...args], { ...(cwd === undefined ? {} : { cwd }), ...options });
}

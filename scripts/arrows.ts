/**
 * Which folder of `src` may import which: the one table. `npm run generate` writes the lint rules
 * (`.oxlintrc.arrows.json`) and the table of CONTRIBUTING.md from it, and test/architecture.test.ts holds it against
 * the imports that the code really has.
 */

/** A folder of `src`, or a file directly in it. */
export interface Room {
  /** Its name below `src`. */
  readonly name: string;
  /** What it holds, for CONTRIBUTING.md. */
  readonly holds: string;
  /** Other rooms that it may import; `"all"` for those that wire the rest together. */
  readonly imports: readonly string[] | "all";
  /** Rooms of which it may import types only. */
  readonly types?: readonly string[];
  /** Packages that only this room may import. */
  readonly packages?: readonly string[];
  /** Only this room reads the environment. */
  readonly environment?: true;
  /** Only these rooms import `node:fs`; the others use `src/files`. */
  readonly files?: true;
}

/** Leaves first; each room imports only rooms above it, or their types. */
export const ROOMS: readonly Room[] = [
  {
    name: "core",
    holds: "the words of the domain: units, clock, reasons, prober, result, target; no I/O",
    imports: [],
  },
  {
    name: "files",
    holds: "the way to files while the exporter runs, which survives file systems that hang",
    imports: ["core"],
    files: true,
  },
  {
    name: "resources",
    holds:
      "files, threads and processes of the program itself, which are in its package or inside of a single executable",
    imports: ["files"],
    files: true,
  },
  { name: "client", holds: "the client that applications use to follow the mode", imports: [] },
  {
    name: "network",
    holds: "the resolver of host names, the TLS handshake and the verification of chains",
    imports: ["core", "files"],
  },
  { name: "demo", holds: "the targets of the demonstration", imports: [] },
  { name: "catalogue", holds: "every metric that is no prober's own", imports: ["core"] },
  {
    name: "config",
    holds: "YAML or environment to a typed, checked configuration",
    imports: ["core", "files", "resources"],
  },
  { name: "engine", holds: "single flight, freshness, deadline, limits, schedule", imports: ["core"] },
  {
    name: "failover",
    holds: "the failover machine (pure) and the driver that holds its states",
    imports: ["core"],
  },
  {
    name: "heartbeats",
    holds: "push heartbeats: the machine (pure) and the register that holds its states",
    imports: ["core"],
  },
  {
    name: "groups",
    holds: "aggregated status of groups, and components that report themselves",
    imports: ["core"],
  },
  {
    name: "routing",
    holds: "routes: the machine (pure) that chooses a member, and its driver",
    imports: ["core"],
  },
  { name: "money", holds: "spending, budgets and estimates", imports: ["core"] },
  { name: "events", holds: "the event feed and the messages of events", imports: ["core"] },
  {
    name: "dependencies",
    holds:
      "waits of targets and heartbeats for what they depend on (pure), and the notices that wait with them",
    imports: ["core"],
  },
  { name: "maintenance", holds: "windows in which failures are expected", imports: ["core"] },
  {
    name: "leadership",
    holds: "election among replicas: the machine (pure) and its driver",
    imports: ["core"],
  },
  {
    name: "store",
    holds: "the SQLite file with its writer and reader threads, and history in memory",
    imports: ["core", "resources"],
    files: true,
  },
  {
    name: "notify",
    holds: "outgoing webhooks, relays and actions, and the queue that survives restarts",
    imports: ["core", "network"],
  },
  { name: "report", holds: "reports: facts, objectives, renderings", imports: ["core"] },
  {
    name: "page",
    holds:
      "what people see: overview, pages of subjects, incidents, public views, badges, plain text; `ui` is what browsers show",
    imports: ["core", "resources"],
    packages: ["preact", "preact-render-to-string", "uplot"],
  },
  {
    name: "listening",
    holds: "the addresses, unix sockets and sockets of systemd that the exporter listens on",
    imports: ["core"],
    files: true,
  },
  {
    name: "probers",
    holds: "one folder per kind of prober; `index.ts` is the only list of them",
    imports: ["core", "files", "network", "resources"],
  },
  { name: "plugin.ts", holds: "what plugins import", imports: ["core"] },
  {
    name: "plugins",
    holds: "loads plugins and guards the exporter against them",
    imports: ["core", "files"],
    types: ["plugin.ts"],
  },
  {
    name: "metrics",
    holds: "renders results and states as an exposition",
    imports: ["core", "catalogue"],
    types: ["failover", "groups", "heartbeats", "notify", "routing", "store"],
    packages: ["prom-client"],
  },
  {
    name: "server",
    holds: "HTTP routes; functions are handed in",
    imports: ["core", "resources"],
    types: [
      "config",
      "engine",
      "events",
      "failover",
      "groups",
      "heartbeats",
      "leadership",
      "maintenance",
      "notify",
      "page",
      "report",
      "routing",
    ],
    packages: ["express"],
  },
  { name: "app", holds: "builds the exporter from its parts and runs it", imports: "all" },
  { name: "cli", holds: "the command line", imports: "all", environment: true, files: true },
  {
    name: "health-check.ts",
    holds: "the health check of the image, a program of its own",
    imports: ["listening"],
    environment: true,
  },
  { name: "main.ts", holds: "the entry of the program", imports: "all", environment: true, files: true },
];

/** Levels of folders that rooms have today; a deeper one would escape the rules, so the test counts them. */
export const DEEPEST = 3;

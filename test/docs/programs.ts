import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { vi } from "vitest";
import { readCommandLine } from "../../src/cli/flags.ts";
import { CONTEXT_API_ROUTES, METHODS, ROUTES } from "../../src/server/route-table.ts";
import { ROOT } from "./blocks.ts";
import type { ShellCommand } from "./shell-commands.ts";

/** Returns what is wrong with a command of a page, or `undefined`. */
type Check = (words: readonly string[]) => string | undefined;

const existing = (path: string): string | undefined =>
  existsSync(join(ROOT, path)) ? undefined : `there is no ${path} in the repository`;

/** The value behind one of these flags. */
function flagOf(words: readonly string[], ...flags: readonly string[]): string | undefined {
  const at = words.findIndex((word) => flags.some((flag) => word === flag || word.startsWith(`${flag}=`)));
  const word = words[at];
  if (word === undefined) return undefined;
  return word.includes("=") ? word.slice(word.indexOf("=") + 1) : words[at + 1];
}

/** Reads a command line of the exporter as the exporter does. */
const exporterLine: Check = (words) => {
  let said = "";
  const exit = vi.spyOn(process, "exit").mockImplementation((code) => {
    throw new Error(`exit code ${code}`);
  });
  const output = (["stdout", "stderr"] as const).map((stream) =>
    vi.spyOn(process[stream], "write").mockImplementation((text) => {
      said += String(text);
      return true;
    }),
  );
  try {
    readCommandLine(["node", "heartbeat-exporter", ...words], "0.0.0");
    return undefined;
  } catch (error) {
    // --help and --version end with 0.
    return String(error).includes("exit code 0") ? undefined : `${said}${String(error)}`;
  } finally {
    for (const spy of [exit, ...output]) spy.mockRestore();
  }
};

const scripts = (JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: object }).scripts;

const npm: Check = ([command = "", name = ""]) => {
  if (command === "install" || command === "ci") return undefined;
  const script = command === "run" ? name : command;
  return script in scripts ? undefined : `package.json has no script ${script}`;
};

const npx: Check = (words) => {
  const [program = "", ...rest] = words.filter((word) => word !== "--yes");
  return /^heartbeat-exporter(?:@\w+)?$/.test(program) ? exporterLine(rest) : `unknown package ${program}`;
};

/** Flags of `docker run` without a value. */
const DOCKER_SWITCHES = new Set(["--rm", "-d", "-it", "--read-only"]);

const docker: Check = (words) => {
  const [command = "", ...rest] = words;
  if (command === "build") return existing("Dockerfile");
  if (command === "compose") return existing(flagOf(rest, "-f", "--file") ?? "compose.yaml");
  if (command === "exec") {
    const at = rest.indexOf("heartbeat-exporter");
    return at === -1 ? undefined : exporterLine(rest.slice(at + 1));
  }
  if (["buildx", "logs", "pull", "rm", "stop", "volume"].includes(command)) return undefined;
  if (command !== "run") return `unknown command docker ${command}`;
  let at = 0;
  while (rest[at]?.startsWith("-"))
    at += DOCKER_SWITCHES.has(rest[at] ?? "") || rest[at]?.includes("=") === true ? 1 : 2;
  const [image, ...args] = rest.slice(at);
  return image === "heartbeat-exporter" ? exporterLine(args) : `unknown image ${image}`;
};

const kubectl: Check = (words) => {
  const path = flagOf(words, "-k");
  return path === undefined ? undefined : existing(path);
};

const helm: Check = ([command = "", ...rest]) => {
  if (!["install", "upgrade", "test", "uninstall"].includes(command))
    return `unknown command helm ${command}`;
  const path = rest.find((word) => word.startsWith("deploy/"));
  return path === undefined ? undefined : existing(join(path, "Chart.yaml"));
};

/** Paths of pings, which have a handler of their own. */
const PINGS = ["/ping/:name", "/ping/:name/:action", "/ping/:token/:name", "/ping/:token/:name/:action"];

/** Requests to the exporter must be of a route that exists, with one of its methods. */
const curl: Check = (words) => {
  const address = words.find((word) => /^(?:https?:\/\/)?[\w.-]+:(?:8091|9115)(?:\/|$)/.test(word));
  if (address === undefined) return undefined;
  const { pathname } = new URL(address.startsWith("http") ? address : `http://${address}`);
  const sends = words.some((word) => /^(?:-d|--data)/.test(word)) && !words.includes("-G");
  const method = flagOf(words, "-X")?.toLowerCase() ?? (sends ? "post" : "get");
  const found = [...ROUTES, ...CONTEXT_API_ROUTES].filter(({ path }) => matches(path, pathname));
  if (PINGS.some((path) => matches(path, pathname))) return undefined;
  if (found.length === 0) return `the exporter has no route ${pathname}`;
  const allowed = found.flatMap((route) => METHODS.filter((one) => route[one] !== undefined));
  return allowed.some((one) => one === "all" || one === method)
    ? undefined
    : `${pathname} takes no ${method}`;
};

const matches = (route: string, path: string): boolean =>
  new RegExp(`^${route.replaceAll(".", "\\.").replaceAll(/:\w+/g, "[^/]+")}/?$`).test(path);

const anything: Check = () => undefined;

/** The programs that pages use, and how a command of each is checked. */
const PROGRAMS: Readonly<Record<string, Check>> = {
  "heartbeat-exporter": exporterLine,
  npm,
  npx,
  docker,
  kubectl,
  helm,
  curl,
  // Of Prometheus: the files of their arguments are those that the page makes.
  promtool: anything,
  amtool: anything,
  alertmanager: anything,
  // Of the examples, and what it runs.
  "ping.sh": () => existing("examples/ping.sh"),
  "backup.sh": anything,
  node: ([file = ""]) => existing(file),
  // Of the operating system.
  apt: anything,
  cat: anything,
  chown: anything,
  cp: anything,
  df: anything,
  echo: anything,
  getent: anything,
  git: anything,
  grep: anything,
  head: anything,
  base64: anything,
  ip: anything,
  journalctl: anything,
  jq: anything,
  ls: anything,
  mkdir: anything,
  openssl: anything,
  rm: anything,
  sqlite3: anything,
  systemctl: anything,
};

/** Returns what is wrong with a command of a page, or `undefined`. */
export function problemOf({ words, env }: ShellCommand): string | undefined {
  const [program, ...rest] = words[0] === "sudo" ? words.slice(1) : words;
  if (program === undefined) return Object.keys(env).length > 0 ? undefined : "no command";
  // The program as one file is named after its platform.
  const name = basename(program).replace(/^heartbeat-exporter-[\w-]+$/, "heartbeat-exporter");
  const check = PROGRAMS[name];
  return check === undefined ? `unknown program ${program}` : check(rest);
}

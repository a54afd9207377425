import { readdirSync, readFileSync } from "node:fs";
import { DEEPEST, ROOMS, type Room } from "../arrows.ts";

/** Packages that belong to one room each. */
const OWNED = ROOMS.flatMap(({ name, packages = [] }) =>
  packages.map((one) => ({ name: one, message: `Only src/${name} imports ${one}.` })),
);

const ENVIRONMENT = {
  name: "node:process",
  importNames: ["env"],
  message: "Only src/main.ts and src/cli read the environment.",
};

const FILES: Pattern = {
  regex: "^(node:)?fs(/|$)",
  allowTypeImports: true,
  message: "Use src/files, which survives file systems that hang.",
};

interface Pattern {
  readonly group?: readonly string[];
  readonly regex?: string;
  readonly allowTypeImports?: boolean;
  readonly message: string;
}

const OPEN_BY_THE_NETWORK =
  "Open connections with the network of the probe: it refuses forbidden addresses (CONTRIBUTING).";

/** Packages that open connections. */
const CLIENTS = ["got", "undici", "ws", "@grpc/grpc-js", "@kubernetes/client-node"];

/** Forbids modules that open connections, so that a prober cannot forget which addresses must not be probed. */
const noConnections = (modules: string, except: readonly string[] = []): readonly Pattern[] => [
  { regex: `^(node:)?(${modules})(/|$)`, allowTypeImports: true, message: OPEN_BY_THE_NETWORK },
  {
    regex: `^(${CLIENTS.filter((name) => !except.includes(name)).join("|")})(/|$)`,
    allowTypeImports: true,
    message: OPEN_BY_THE_NETWORK,
  },
];

const NO_CONNECTIONS = noConnections("net|tls|dns|http|https|http2|dgram|child_process");

/** Files of src/probers with other rules about connections than the rest. */
const CONNECTING: readonly {
  readonly files: readonly string[];
  readonly depth: number;
  readonly rules: readonly Pattern[];
}[] = [
  // They open no connection by themselves: got with the agents of a network, checks of addresses and headers, TLS over open sockets.
  {
    files: ["client.ts", "ip.ts", "header-fields.ts", "tls-options.ts", "tls-connection.ts"],
    depth: 1,
    rules: [],
  },
  // The network itself, and the API server of a Lease, whose address comes from the kubeconfig alone.
  {
    files: ["network/*.ts", "kubernetes-lease/caller.ts", "kubernetes-lease/cluster.ts"],
    depth: 2,
    rules: [],
  },
  // They start ping, which opens the socket, with an address that the network has checked.
  {
    files: ["icmp/ping.ts", "icmp/launcher-process.ts"],
    depth: 2,
    rules: noConnections("net|tls|dns|http|https|http2|dgram"),
  },
  // HTTP/2 over sockets that the network has opened, and its error codes.
  {
    files: ["grpc/session.ts", "grpc/status.ts"],
    depth: 2,
    rules: noConnections("net|tls|dns|http|https|dgram|child_process"),
  },
  // WebSockets over sockets that the network has opened.
  {
    files: ["websocket/connection.ts"],
    depth: 2,
    rules: noConnections("net|tls|dns|http|https|http2|dgram|child_process", ["ws"]),
  },
  // TLS and HTTP over sockets that the network has opened.
  { files: ["http/transport/*.ts"], depth: 3, rules: noConnections("net|dns|https|dgram|child_process") },
];

/** Folders of src/probers that are no prober, which several of them share. */
const SHARED_FOLDERS: ReadonlySet<string> = new Set(["inspection", "query-response"]);

const ONE_PROBER =
  "One prober does not import another; what they share is a file or a shared folder of src/probers.";

/** Returns the folders of src/probers that belong to one prober, or to all probers together. */
const unsharedFolders = (): readonly string[] =>
  readdirSync(new URL("../../src/probers/", import.meta.url), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !SHARED_FOLDERS.has(entry.name))
    .map(({ name }) => name)
    .toSorted();

/** Rules that one room has beyond the table. `up` leads from the file to the room. */
const ADDITIONAL: Readonly<Record<string, (depth: number, up: string) => readonly Pattern[]>> = {
  core: () => [
    {
      regex: "^(node:)?(fs|net|tls|dns|http|https|http2|dgram|child_process|worker_threads|sqlite)(/|$)",
      allowTypeImports: true,
      message: "core does no I/O.",
    },
  ],
  probers: (depth, up) =>
    depth === 1
      ? [{ regex: "^\\./[^/]+/", message: "Only src/probers/index.ts knows the kinds of prober." }]
      : [
          {
            regex: `^${up.replaceAll(".", "\\.")}(index\\.ts$|(${unsharedFolders().join("|")})/)`,
            message: ONE_PROBER,
          },
        ],
};

/** A file may not spell the way out of its folder in a form that the patterns do not match. */
const NO_DETOUR: Pattern = { regex: "^\\./\\.\\./", message: "Write ../ without ./ before it." };

/** Patterns of what files of `room`, `depth` folders below `src`, may not import. */
function patternsOf(
  room: Room,
  depth: number,
  connections: readonly Pattern[] = room.name === "probers" ? NO_CONNECTIONS : [],
  additional = true,
): readonly Pattern[] {
  const { name, imports, types = [] } = room;
  if (imports === "all") return [];
  const out = depth === 0 ? "./" : "../".repeat(depth);
  const may = [...imports, ...types];
  const to = (other: string): string => (other.endsWith(".ts") ? `${out}${other}` : `${out}${other}/**`);
  const words = [
    imports.length === 0 ? "no other room" : imports.map((one) => `src/${one}`).join(", "),
    ...(types.length === 0 ? [] : [`types of ${types.map((one) => `src/${one}`).join(", ")}`]),
  ].join(" and ");
  return [
    NO_DETOUR,
    ...(types.length === 0
      ? []
      : [
          {
            regex: `^${out.replaceAll(".", "\\.")}(${types.map((one) => one.replaceAll(".", "\\.")).join("|")})(/|$)`,
            allowTypeImports: true,
            message: `src/${name} imports only types of this room.`,
          },
        ]),
    { group: [`${out}**`, ...may.map((one) => `!${to(one)}`)], message: `src/${name} imports ${words}.` },
    ...connections,
    ...(additional ? (ADDITIONAL[name]?.(depth, "../".repeat(depth - 1)) ?? []) : []),
  ];
}

function rulesOf(room: Room, patterns: readonly Pattern[]): object {
  const owned = OWNED.filter(({ name }) => !(room.packages ?? []).includes(name));
  const paths = room.environment === true ? owned : [...owned, ENVIRONMENT];
  const closed = room.files === true || room.name === "core" ? [] : [FILES];
  const all = [...patterns, ...closed];
  return {
    "node/no-process-env": room.environment === true ? "off" : "error",
    "no-restricted-imports": ["error", { paths, ...(all.length === 0 ? {} : { patterns: all }) }],
  };
}

/** `.oxlintrc.arrows.json`. A path means another thing at another depth, hence one override per room and depth. */
export function arrowRules(): string {
  const overrides = ROOMS.flatMap((room) => {
    const { name, imports } = room;
    if (name.endsWith(".ts")) return [{ files: [`src/${name}`], rules: rulesOf(room, patternsOf(room, 0)) }];
    if (imports === "all") return [{ files: [`src/${name}/**`], rules: rulesOf(room, []) }];
    return Array.from({ length: DEEPEST }, (_, index) => index + 1).map((depth) => ({
      files: [`src/${name}/${"*/".repeat(depth - 1)}*.ts`],
      rules: rulesOf(room, patternsOf(room, depth)),
    }));
  });
  // The one file that knows every prober; an override replaces the whole rule, so it has its own.
  const probers = ROOMS.find(({ name }) => name === "probers") as Room;
  overrides.push({
    files: ["src/probers/index.ts"],
    rules: rulesOf(probers, patternsOf(probers, 1, NO_CONNECTIONS, false)),
  });
  for (const { files, depth, rules } of CONNECTING) {
    overrides.push({
      files: files.map((file) => `src/probers/${file}`),
      rules: rulesOf(probers, patternsOf(probers, depth, rules)),
    });
  }
  return `${JSON.stringify({ overrides }, undefined, 2)}\n`;
}

const BEGIN = "<!-- rooms: generated from scripts/arrows.ts by npm run generate -->";
const END = "<!-- end of rooms -->";

/** CONTRIBUTING.md with the table of rooms as it has to be. */
export function contributingPage(): string {
  const page = readFileSync(new URL("../../CONTRIBUTING.md", import.meta.url), "utf8");
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin === -1 || end === -1)
    throw new Error(`CONTRIBUTING.md has no place for the table: ${BEGIN} ${END}`);
  return `${page.slice(0, begin + BEGIN.length)}\n\n${table()}\n\n${page.slice(end)}`;
}

function table(): string {
  const list = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(", ");
  const rows = ROOMS.map(({ name, holds, imports, types = [], packages = [] }) => {
    const may =
      imports === "all" ? "everything" : [list(imports), types.length === 0 ? "" : `types of ${list(types)}`];
    const all = [...(typeof may === "string" ? [may] : may), ...packages.map((one) => `package \`${one}\``)];
    return `| \`src/${name}\` | ${holds} | ${all.filter((one) => one !== "").join("; ") || "nothing"} |`;
  });
  return ["| room | holds | may import |", "| --- | --- | --- |", ...rows].join("\n");
}

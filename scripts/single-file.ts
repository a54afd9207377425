/**
 * Builds the single executable: Node.js, the modules of the program and all files that they read, in one file.
 *
 *     node scripts/single-file.ts [--arch=arm64] [OUTPUT]
 *
 * `npm run build:single` writes `release/heartbeat-exporter-linux-x64`, or the like, and the licenses of what is in it. Node.js is
 * that of npm, of the version that runs this script; nothing else in the executable depends on the processor. A snapshot or compiled code
 * would start faster, but could be made on such a processor only.
 */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { rolldown } from "rolldown";
import { LOADER } from "../src/resources/loader.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** The mark in Node.js that says whether it is a single executable; see its documentation. */
const FUSE = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2";

const {
  values: { arch },
  positionals: [output = join(ROOT, `release/heartbeat-exporter-${process.platform}-${arch}`)],
} = parseArgs({
  allowPositionals: true,
  options: { arch: { type: "string", default: process.arch } },
});

const { files, scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  readonly files: readonly string[];
  readonly scripts: { readonly start: string };
};

/** Runs a program to its end. @throws Error if it fails */
function run(command: string, args: readonly string[], cwd = ROOT): void {
  const { status, error, stdout, stderr } = spawnSync(command, args, { cwd, encoding: "utf8" });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${status}\n${stdout}${stderr}`);
}

/** Fetches Node.js for the processor from npm, and returns the folder that it is in. */
function fetchNode(folder: string): string {
  const name = `node-${process.platform}-${arch}`;
  run("npm", ["pack", "--silent", "--prefer-offline", `${name}@${process.versions.node}`], folder);
  run("tar", ["-xzf", `${name}-${process.versions.node}.tgz`], folder);
  return join(folder, "package");
}

/** Returns the files below `folder` that match the patterns, by the names that they have there. */
const filesIn = (folder: string, patterns: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    globSync(patterns, { cwd: folder, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((file) => [file.slice(folder.length + 1), file]),
  );

/** Bundles the loader into one script in CommonJS. */
async function loaderScript(): Promise<string> {
  const bundle = await rolldown({ input: join(ROOT, "src/resources/loader.ts"), platform: "node" });
  const { output: chunks } = await bundle.generate({ format: "cjs" });
  return chunks[0].code;
}

const work = mkdtempSync(join(tmpdir(), "heartbeat-single-"));
try {
  run(process.execPath, ["scripts/bundle.ts", join(work, "exporter/dist")]);
  // They require modules of Node.js only, and have URLs from which no other could be required.
  for (const file of globSync("exporter/dist/**/*.js", { cwd: work })) {
    const code = readFileSync(join(work, file), "utf8");
    writeFileSync(
      join(work, file),
      code.replaceAll("createRequire(import.meta.url)", 'createRequire("file:///")'),
    );
  }
  const loader = await loaderScript();
  writeFileSync(join(work, "loader.js"), loader);
  writeFileSync(join(work, "main.js"), `${loader}\nexports.start();\n`);
  const config = {
    main: join(work, "main.js"),
    output: join(work, "blob"),
    disableExperimentalSEAWarning: true,
    // Those of `npm start`. Neither NODE_OPTIONS nor arguments add others: all arguments are the program's.
    execArgv: scripts.start.split(" ").filter((word) => /^--(?!demo)/.test(word)),
    execArgvExtension: "none",
    assets: {
      [LOADER]: join(work, "loader.js"),
      ...filesIn(join(work, "exporter"), ["dist/**"]),
      // What the package contains beside the modules.
      ...filesIn(ROOT.replace(/\/$/, ""), [
        ...files.flatMap((pattern) => (pattern === "dist" ? [] : [pattern, `${pattern}/**`])),
        "LICENSE",
      ]),
    },
  };
  writeFileSync(join(work, "sea.json"), JSON.stringify(config));
  run(process.execPath, ["--experimental-sea-config", join(work, "sea.json")]);
  mkdirSync(dirname(output), { recursive: true });
  const node = fetchNode(work);
  copyFileSync(join(node, "bin/node"), join(work, "executable"));
  chmodSync(join(work, "executable"), 0o755);
  run(join(ROOT, "node_modules/.bin/postject"), [
    join(work, "executable"),
    "NODE_SEA_BLOB",
    join(work, "blob"),
    `--sentinel-fuse=${FUSE}`,
  ]);
  // A program that runs cannot be written, but it can be replaced.
  rmSync(output, { force: true });
  copyFileSync(join(work, "executable"), output);
  const licenses = [join(work, "exporter/dist/THIRD-PARTY-LICENSES.txt"), join(node, "LICENSE")];
  writeFileSync(`${output}.licenses.txt`, licenses.map((file) => readFileSync(file, "utf8")).join("\n"));
} finally {
  rmSync(work, { recursive: true, force: true });
}

/**
 * Prepares a fresh clone for `npm start` and (with `--test`) for `npm test`: installs the dependencies when they are
 * missing or do not match package-lock.json, makes sure that scripts get a Node.js that runs TypeScript, fills the compile
 * cache, bundles what browsers load, and fetches the programs that the tests run against.
 *
 * Runs on any Node.js that the machine has, hence plain JavaScript and built-in modules only. It has to be a script of its
 * own: a shell caches the path of `node`, so one that started before the installation would keep using the old version.
 *
 * Takes a few milliseconds and prints nothing when there is nothing to do.
 */

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const modules = join(root, "node_modules");
const binaries = join(modules, ".bin");
const oldestNode = 24;

const say = (/** @type {string} */ text) => process.stderr.write(`bootstrap: ${text}\n`);

/** Prints a message that says what to do, and exits with 1. @returns {never} */
const giveUp = (/** @type {string} */ text) => {
  say(text);
  process.exit(1);
};

/** @returns {Record<string, { version?: string, optional?: boolean, link?: boolean }>} */
const packagesOf = (/** @type {string} */ lockfile) => JSON.parse(readFileSync(lockfile, "utf8")).packages;

/**
 * Returns why node_modules does not match package-lock.json, or undefined when it does. Compares with the lockfile that
 * npm writes to node_modules as its last step: this detects an installation that was interrupted, lacks the development
 * dependencies or is out of date, and accepts one made by hand with `npm install`.
 */
const staleness = () => {
  const record = join(modules, ".package-lock.json");
  if (!existsSync(record)) {
    return "they are not installed";
  }
  const wanted = packagesOf(join(root, "package-lock.json"));
  const installed = packagesOf(record);
  for (const [path, { version, optional }] of Object.entries(wanted)) {
    const found = installed[path];
    // A missing optional package is one for another platform.
    if (path === "" || (found === undefined && optional === true)) {
      continue;
    }
    if (found?.version !== version) {
      return `${path} is ${found?.version ?? "missing"}, package-lock.json has ${version}`;
    }
    if (!existsSync(join(root, path, "package.json"))) {
      return `${path} is incomplete`;
    }
  }
  return undefined;
};

/** Runs npm, under `npm test` the same npm that the user started. Returns whether it succeeded. */
const npm = (/** @type {string[]} */ ...args) => {
  const script = process.env.npm_execpath;
  const [command, prefix] =
    script !== undefined && /\.c?js$/.test(script) ? [process.execPath, [script]] : ["npm", []];
  // Output goes to stderr: stdout belongs to the program that starts next (`npm start | ...`).
  const run = spawnSync(command, [...prefix, ...args], { cwd: root, stdio: ["ignore", 2, 2] });
  if (run.error !== undefined) {
    giveUp(`npm could not be started (${run.error.message}); install npm, which comes with Node.js`);
  }
  return run.status === 0;
};

/** Returns the environment of npm scripts, as far as it matters here. */
const scriptsEnvironment = () => ({
  ...process.env,
  PATH: `${binaries}${delimiter}${process.env.PATH ?? ""}`,
});

/** Returns the version of the `node` that npm scripts of this project get, such as `24.1.0`, or undefined. */
const scriptsNode = () => {
  const run = spawnSync("node", ["--version"], {
    encoding: "utf8",
    env: scriptsEnvironment(),
  });
  return run.status === 0 ? run.stdout.trim().replace(/^v/, "") : undefined;
};

const isNewEnough = (/** @type {string | undefined} */ version) =>
  version !== undefined && Number.parseInt(version, 10) >= oldestNode;

const reason = staleness();
if (reason !== undefined) {
  say(`installing the dependencies (npm ci --ignore-scripts), because ${reason}`);
  // Warnings would be about the machine's Node.js, which runs only this script.
  // No package needs its install script, except `node` below where the machine's own is too old.
  if (!npm("ci", "--ignore-scripts", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error")) {
    giveUp(
      "npm ci failed; see its messages above. Check that this machine can reach the package registry, then try again.",
    );
  }
}

// The dependency `node` downloads its program in an install script, which npm's settings may forbid.
if (!isNewEnough(scriptsNode())) {
  say(`Node.js ${oldestNode} is missing, fetching it (npm rebuild node)`);
  npm("rebuild", "node", "--no-ignore-scripts", "--foreground-scripts");
  const version = scriptsNode();
  if (!isNewEnough(version)) {
    giveUp(
      [
        `Node.js ${oldestNode} or newer is needed; scripts would get ${version === undefined ? "none" : version}.`,
        "The install script of the dependency `node` did not succeed: either npm's settings forbid it",
        "(`npm config get ignore-scripts`, `npm install-scripts ls`), or its download failed (see above).",
        `Allow it and run \`npm rebuild node\`, or install Node.js ${oldestNode} and put it first in PATH.`,
      ].join("\n  "),
    );
  }
}

// Scripts and styles of the page, which browsers take as one file each. Without them pages work, but have no style.
if (
  spawnSync("node", ["scripts/page-assets.ts"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    env: scriptsEnvironment(),
  }).status !== 0
) {
  say("the scripts and styles of the page could not be built; see above");
}

/** The compile cache of `npm start`. */
const compiled = join(modules, ".cache", "compile");

if (process.argv.includes("--test")) {
  const { ensureTools } = await import("./tools.mjs");
  const { complaints } = await ensureTools();
  // Tests that need a missing program fail and name it; the others can run.
  for (const complaint of complaints) {
    say(complaint);
  }
} else if (!existsSync(compiled)) {
  // Compiling TypeScript takes 20 MB that the process never frees: with a cache, the first start is like the others.
  const { start } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).scripts;
  spawnSync(`${start} --version`, { cwd: root, shell: true, stdio: "ignore", env: scriptsEnvironment() });
}

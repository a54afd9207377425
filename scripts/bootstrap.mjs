/**
 * Makes a fresh clone runnable, before `npm start` and (with `--test`) before `npm test`: installs the
 * dependencies when they are missing or older than package-lock.json, sees to it that scripts get a Node
 * new enough to run TypeScript, has it compiled once, and fetches the programs that the tests run against.
 *
 * It runs on whatever Node the machine has, hence plain JavaScript and built-in modules only. It is a script
 * of its own, not the first half of another: a shell remembers where it found `node`, and one that started
 * before the installation would go on using the old one.
 *
 * Silent, and a few milliseconds long, when there is nothing to do.
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

/** Ends the run with a message; every message says what to do. @returns {never} */
const giveUp = (/** @type {string} */ text) => {
  say(text);
  process.exit(1);
};

/** @returns {Record<string, { version?: string, optional?: boolean, link?: boolean }>} */
const packagesOf = (/** @type {string} */ lockfile) => JSON.parse(readFileSync(lockfile, "utf8")).packages;

/**
 * Why node_modules does not match package-lock.json, or undefined when it does. Compares with the lockfile
 * that npm itself leaves in node_modules as its last step, so an installation that was interrupted, made
 * without the development dependencies or left behind by an update is noticed, and one made by hand with
 * `npm install` is accepted.
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
    // Optional packages are for other platforms when they are absent.
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

/** Runs npm with its output on the console. Under `npm test` that is the very npm the user started. */
const npm = (/** @type {string[]} */ ...args) => {
  const script = process.env.npm_execpath;
  const [command, prefix] =
    script !== undefined && /\.c?js$/.test(script) ? [process.execPath, [script]] : ["npm", []];
  // The output goes to stderr, which leaves stdout to what the caller is really after (`npm start | ...`).
  const run = spawnSync(command, [...prefix, ...args], { cwd: root, stdio: ["ignore", 2, 2] });
  if (run.error !== undefined) {
    giveUp(`npm could not be started (${run.error.message}); install npm, which comes with Node.js`);
  }
  return run.status === 0;
};

/** The environment that npm gives to scripts, as far as it matters here. */
const scriptsEnvironment = () => ({
  ...process.env,
  PATH: `${binaries}${delimiter}${process.env.PATH ?? ""}`,
});

/** The version of the `node` that this project's npm scripts get, as `24.1.0`, or undefined. */
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
  say(`installing the dependencies (npm ci), because ${reason}`);
  // Warnings are about the Node of the machine, which runs nothing but this.
  if (!npm("ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error")) {
    giveUp(
      "npm ci failed; its messages are above. Check that the package registry can be reached from this machine, then try again.",
    );
  }
}

// The dependency `node` gets its program from an install script, which npm's settings may forbid.
if (!isNewEnough(scriptsNode())) {
  say(`Node ${oldestNode} is not there yet, fetching it (npm rebuild node)`);
  npm("rebuild", "node", "--no-ignore-scripts", "--foreground-scripts");
  const version = scriptsNode();
  if (!isNewEnough(version)) {
    giveUp(
      [
        `Node ${oldestNode} or newer is needed, and ${version === undefined ? "none" : version} is what scripts would get.`,
        "The dependency `node` brings one by an install script, which did not succeed: either npm's settings",
        "forbid it (`npm config get ignore-scripts`, `npm install-scripts ls`), or its download failed (see above).",
        `Allow it and run \`npm rebuild node\`, or install Node.js ${oldestNode} and put it first in PATH.`,
      ].join("\n  "),
    );
  }
}

/** Where `npm start` has Node.js keep what it compiled. */
const compiled = join(modules, ".cache", "compile");

if (process.argv.includes("--test")) {
  const { ensureTools } = await import("./tools.mjs");
  const { complaints } = await ensureTools();
  // The tests that need a missing program fail and name it. The others are worth running all the same.
  for (const complaint of complaints) {
    say(complaint);
  }
} else if (!existsSync(compiled)) {
  // Compiling TypeScript takes 20 MB that the process never gives back: the first start is to be like the others.
  const { start } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).scripts;
  spawnSync(`${start} --version`, { cwd: root, shell: true, stdio: "ignore", env: scriptsEnvironment() });
}

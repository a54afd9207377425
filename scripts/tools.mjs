/**
 * Fetches the real counterparts that the tests run against into `.tools/`: Prometheus, promtool, Alertmanager, amtool,
 * blackbox_exporter, llama.cpp's llama-server, logrotate and mtail, from Debian. `bookworm` has the oldest versions that the
 * exporter has to get on with, `sid` the newest.
 *
 * Nothing outside `.tools/` is written and no rights are needed: apt works on a private state, and packages
 * are unpacked, not installed. Where apt-get or a Debian mirror is not to be had, programs of the same names
 * on PATH stand in for the newest ones.
 *
 * Runs on an old Node (see bootstrap.mjs), alone as `node scripts/tools.mjs` (`--force` fetches again).
 */

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { delimiter, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const toolsFolder = fileURLToPath(new URL("../.tools", import.meta.url));

/**
 * @typedef {object} Program
 * @property {string} file where its package puts it
 * @property {string[]} names what it is called on PATH, where there is no Debian archive
 * @property {number} [oldest] the major version from which on one found on PATH counts as a current one
 * @property {boolean} [ownLibraries] started by the unpacked loader with the unpacked libraries, because it
 *   is linked against newer ones than the machine may have; and in the folder where ggml looks for backends
 * @property {string} [reads] an absolute folder that Debian's build reads files from, and that nobody installed
 *
 * @typedef {object} Suite
 * @property {string[]} packages unpacked alone: Go programs, which need nothing but any libc
 * @property {string[]} packagesWithLibraries unpacked with everything they depend on
 * @property {Record<string, Program>} programs by the name that tests use
 *
 * @typedef {{ argv: string[], cwd?: string, version?: string }} Entry
 *   how to start a program; `{root}` stands for the folder of the manifest
 * @typedef {{ recipe: string, origin: "debian" | "PATH", programs: Record<string, Entry> }} Manifest
 */

/** @type {Record<string, Program>} */
const goPrograms = {
  prometheus: { file: "usr/bin/prometheus", names: ["prometheus"], oldest: 3 },
  promtool: { file: "usr/bin/promtool", names: ["promtool"], oldest: 3 },
  blackbox_exporter: {
    file: "usr/bin/prometheus-blackbox-exporter",
    names: ["blackbox_exporter", "prometheus-blackbox-exporter"],
  },
  alertmanager: {
    file: "usr/bin/prometheus-alertmanager",
    names: ["alertmanager", "prometheus-alertmanager"],
    reads: "/usr/share/prometheus/alertmanager",
  },
  amtool: { file: "usr/bin/amtool", names: ["amtool"] },
};

/** @type {Record<string, Suite>} */
const suites = {
  bookworm: {
    packages: ["prometheus", "prometheus-blackbox-exporter", "prometheus-alertmanager"],
    packagesWithLibraries: [],
    programs: goPrograms,
  },
  sid: {
    packages: ["prometheus", "promtool", "prometheus-blackbox-exporter", "prometheus-alertmanager", "mtail"],
    packagesWithLibraries: ["llama.cpp-tools", "logrotate"],
    programs: {
      ...goPrograms,
      "llama-server": { file: "usr/bin/llama-server", names: ["llama-server"], ownLibraries: true },
      mtail: { file: "usr/bin/mtail", names: ["mtail"] },
      logrotate: { file: "usr/sbin/logrotate", names: ["logrotate"], ownLibraries: true },
    },
  },
};

/** The suite whose programs may be replaced by those on PATH: they promise no version but "a current one". */
const newest = "sid";

/** To be raised when the same packages are to be laid out in another way. */
const layout = 1;

/** Changes with the suite's definition, so that what an older version of this file fetched is fetched anew. */
const recipeOf = (/** @type {Suite} */ suite) =>
  createHash("sha256")
    .update(JSON.stringify([layout, suite]))
    .digest("hex");

const say = (/** @type {string} */ text) => process.stderr.write(`test tools: ${text}\n`);

/** The file that a shell would run for `name`, or undefined. */
const onPath = (/** @type {string} */ name) =>
  (process.env.PATH ?? "")
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });

/**
 * Runs a command to its end. Rejects with its last words when it fails.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string }} [options]
 * @returns {Promise<string>} stdout, followed by stderr
 */
const run = (command, args, { cwd } = {}) =>
  new Promise((fulfil, reject) => {
    const child = spawn(command, args, {
      ...(cwd === undefined ? {} : { cwd }),
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, LC_ALL: "C" },
    });
    const output = { out: "", err: "" };
    child.stdout.on("data", (chunk) => (output.out += chunk));
    child.stderr.on("data", (chunk) => (output.err += chunk));
    child.on("error", (cause) => reject(new Error(`${command} could not be started`, { cause })));
    child.on("close", (code, signal) => {
      if (code === 0) {
        fulfil(output.out + output.err);
        return;
      }
      const words = output.err.trim() || output.out.trim();
      reject(
        new Error(
          `\`${[command, ...args].join(" ")}\` ended with ${signal ?? `exit code ${code}`}:\n${words.split("\n").slice(-8).join("\n")}`,
        ),
      );
    });
  });

/** Calls `work` for every item, as many at a time as there are processors. */
const eachInParallel = async (
  /** @type {string[]} */ items,
  /** @type {(item: string) => Promise<unknown>} */ work,
) => {
  const rest = [...items];
  const worker = async () => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) {
      await work(item);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
};

/**
 * The address of the Debian mirror that this machine's apt uses, or undefined where it uses none, as on a
 * relative of Debian.
 *
 * @param {string} work a folder for a private copy of the package lists, if the machine has none
 */
const mirrorOf = async (work) => {
  const chosen = process.env.TEST_TOOLS_DEBIAN_MIRROR;
  if (chosen !== undefined && chosen !== "") {
    return chosen;
  }
  const find = async (/** @type {string[]} */ ...options) => {
    const lines = await run("apt-get", [
      ...options,
      "indextargets",
      "--format",
      "$(REPO_URI) $(LABEL) $(COMPONENT)",
      "Created-By: Packages",
    ]);
    return lines
      .split("\n")
      .map((line) => line.split(" "))
      .find(([, label, component]) => label === "Debian" && component === "main")?.[0];
  };
  const known = await find();
  if (known !== undefined) {
    return known;
  }
  // Slim images come without package lists, and apt names only the archives whose lists it has.
  const configuration = join(work, "mirror.conf");
  await writeFile(configuration, privateState(join(work, "mirror")));
  await run("apt-get", ["-c", configuration, "-qq", "update"]);
  const updated = await find("-c", configuration);
  return updated;
};

/**
 * apt configuration that keeps everything apt writes below `folder`. Added after the machine's own, which
 * knows about proxies.
 */
const privateState = (/** @type {string} */ folder) => {
  for (const path of ["state/lists/partial", "cache/archives/partial", "log"]) {
    mkdirSync(join(folder, path), { recursive: true });
  }
  return `
# What the machine does after an update (cleaning caches, telling the desktop) is none of ours.
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Pre-Install-Pkgs;
#clear DPkg::Post-Invoke;
Dir::State "${folder}/state";
Dir::State::lists "${folder}/state/lists";
Dir::State::status "/dev/null";
Dir::Cache "${folder}/cache";
Dir::Cache::archives "${folder}/cache/archives";
Dir::Log "${folder}/log";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
# The state is ours alone, also when we are not root: no locks, and no unprivileged user for downloads, who
# could not write here.
Debug::NoLocking "true";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "3";
# Else an update that reached nothing is a success.
APT::Update::Error-Mode "any";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
`;
};

/** Debian's archive keys, where the package debian-archive-keyring puts them; apt's own trust otherwise. */
const signedBy = () => {
  const keyring = ["gpg", "pgp"]
    .map((ending) => `/usr/share/keyrings/debian-archive-keyring.${ending}`)
    .find((file) => existsSync(file));
  return keyring === undefined ? "" : `[signed-by=${keyring}] `;
};

/**
 * Has a program look for a folder below its working directory and not below /, by writing the path with its first slash
 * at the end: as long as before, so that nothing else in the file moves.
 */
const relocate = (/** @type {string} */ file, /** @type {string} */ folder) => {
  const bytes = readFileSync(file);
  const found = bytes.indexOf(folder);
  for (let at = found; at !== -1; at = bytes.indexOf(folder, at + 1)) {
    bytes.write(`${folder.slice(1)}/`, at);
  }
  if (found !== -1) {
    writeFileSync(file, bytes);
  }
};

/** How to start a program unpacked in `root`. @returns {Entry} */
const entryOf = (/** @type {string} */ root, /** @type {Program} */ program) => {
  const file = `{root}/${program.file}`;
  if (program.reads !== undefined) {
    relocate(join(root, program.file), program.reads);
    return { argv: [file], cwd: "{root}" };
  }
  if (program.ownLibraries !== true) {
    return { argv: [file] };
  }
  const triplet = readdirSync(join(root, "usr/lib")).find((name) => name.endsWith("-linux-gnu"));
  const libraries = `usr/lib/${triplet}`;
  const inLibraries = readdirSync(join(root, libraries));
  const loader = inLibraries.find((name) => /^ld-linux.*\.so\.\d+$/.test(name));
  if (triplet === undefined || loader === undefined) {
    throw new Error(`no dynamic loader among the unpacked packages, looked for ${libraries}/ld-linux*.so`);
  }
  const path = inLibraries.includes("llama") ? [libraries, `${libraries}/llama`] : [libraries];
  return {
    argv: [
      `{root}/${libraries}/${loader}`,
      "--library-path",
      path.map((folder) => `{root}/${folder}`).join(":"),
      file,
    ],
    cwd: `{root}/${libraries}/ggml/backends0`,
  };
};

const filledIn = (/** @type {string} */ root, /** @type {string} */ text) => text.replaceAll("{root}", root);

/** Asks a program for its version: the proof that it starts on this machine. */
const versionOf = async (/** @type {string} */ root, /** @type {Entry} */ entry) => {
  const [command = "", ...args] = entry.argv.map((word) => filledIn(root, word));
  if (!existsSync(command)) {
    throw new Error(`no ${relative(root, command)} among the unpacked packages`);
  }
  const output = await run(command, [...args, "--version"], { cwd: filledIn(root, entry.cwd ?? root) });
  return /version:? (\S+)/.exec(output)?.[1] ?? "unknown";
};

/** A folder that only this process uses; `removeLeftovers` knows the name. */
const workFolder = (/** @type {string} */ name) => join(toolsFolder, `.partial-${name}-${process.pid}`);

/**
 * Fetches and unpacks a suite in a folder of this process and moves it into place when it is whole, so a
 * folder that exists is complete, and two runs at once do not disturb each other.
 */
const fetchSuite = async (
  /** @type {string} */ name,
  /** @type {Suite} */ suite,
  /** @type {string} */ mirror,
) => {
  const started = Date.now();
  const work = workFolder(name);
  const root = join(work, "root");
  const archives = join(work, "apt/cache/archives");
  mkdirSync(root, { recursive: true });
  try {
    const configuration = join(work, "apt.conf");
    const sources = join(work, "sources.list");
    await writeFile(sources, `deb ${signedBy()}${mirror} ${name} main\n`);
    await writeFile(
      configuration,
      `${privateState(join(work, "apt"))}Dir::Etc::sourcelist "${sources}";\nDir::Etc::sourceparts "/dev/null";\n`,
    );
    const apt = (/** @type {string[]} */ ...args) =>
      run("apt-get", ["-c", configuration, "-qq", ...args], { cwd: archives });
    say(`Debian ${name}: reading the list of packages`);
    await apt("update");
    say(`Debian ${name}: fetching ${[...suite.packages, ...suite.packagesWithLibraries].join(", ")}`);
    await Promise.all([
      apt("download", ...suite.packages),
      suite.packagesWithLibraries.length === 0
        ? ""
        : apt("install", "--download-only", "--no-install-recommends", "-y", ...suite.packagesWithLibraries),
    ]);
    const packages = readdirSync(archives).filter((file) => file.endsWith(".deb"));
    say(`Debian ${name}: unpacking ${packages.length} packages`);
    await eachInParallel(packages, (file) => run("dpkg-deb", ["--extract", join(archives, file), root]));

    /** @type {Manifest} */
    const manifest = { recipe: recipeOf(suite), origin: "debian", programs: {} };
    for (const [program, definition] of Object.entries(suite.programs)) {
      const entry = entryOf(root, definition);
      manifest.programs[program] = { ...entry, version: await versionOf(root, entry) };
    }
    await writeFile(join(root, "manifest.json"), JSON.stringify(manifest, undefined, 2));

    const place = join(toolsFolder, name);
    if (existsSync(place)) {
      renameSync(place, join(work, "old"));
    }
    renameSync(root, place);
    const summary = Object.entries(manifest.programs).map(
      ([program, { version }]) => `${program} ${version}`,
    );
    say(`Debian ${name}: ${summary.join(", ")} (${((Date.now() - started) / 1000).toFixed(0)} s)`);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
};

/** @returns {Manifest | undefined} what is there and usable */
const present = (/** @type {string} */ name, /** @type {Suite} */ suite) => {
  const root = join(toolsFolder, name);
  try {
    /** @type {Manifest} */
    const manifest = JSON.parse(readFileSync(join(root, "manifest.json"), "utf8"));
    const usable =
      manifest.recipe === recipeOf(suite) &&
      manifest.origin === "debian" &&
      Object.keys(suite.programs).every((program) =>
        manifest.programs[program]?.argv.every((word) =>
          word.startsWith("{root}") && !word.includes(":") ? existsSync(filledIn(root, word)) : true,
        ),
      );
    return usable ? manifest : undefined;
  } catch {
    return undefined;
  }
};

/** The program of one of these names on PATH, if it is a current one. */
const currentOnPath = async (/** @type {Program} */ { names, oldest = 0 }) => {
  for (const file of names.map(onPath)) {
    if (file !== undefined) {
      const argv = [resolve(file)];
      const version = await versionOf("/", { argv });
      if (oldest === 0 || Number.parseInt(version, 10) >= oldest) {
        return { argv, version };
      }
    }
  }
  return undefined;
};

/** Takes what PATH has in place of the newest programs. @returns {Promise<string[]>} what it lacks */
const usePath = async (/** @type {string} */ name, /** @type {Suite} */ suite) => {
  /** @type {Manifest} */
  const manifest = { recipe: recipeOf(suite), origin: "PATH", programs: {} };
  for (const [program, definition] of Object.entries(name === newest ? suite.programs : {})) {
    const entry = await currentOnPath(definition);
    if (entry !== undefined) {
      manifest.programs[program] = entry;
      say(`${program} ${entry.version}: ${entry.argv[0]}`);
    }
  }
  mkdirSync(join(toolsFolder, name), { recursive: true });
  await writeFile(join(toolsFolder, name, "manifest.json"), JSON.stringify(manifest, undefined, 2));
  return Object.keys(suite.programs).filter((program) => manifest.programs[program] === undefined);
};

/** Removes what a run that was killed has left behind. */
const removeLeftovers = async () => {
  for (const file of existsSync(toolsFolder) ? readdirSync(toolsFolder) : []) {
    const pid = /^\.partial-.*-(\d+)$/.exec(file)?.[1];
    const age = Date.now() - statSync(join(toolsFolder, file)).mtimeMs;
    // The number of a process that is long gone may belong to another one by now.
    if (pid !== undefined && (!isAlive(Number(pid)) || age > 3_600_000)) {
      await rm(join(toolsFolder, file), { recursive: true, force: true });
    }
  }
};

const isAlive = (/** @type {number} */ pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
};

/** What to tell the user about programs that could not be had. */
const complaintOf = (
  /** @type {string} */ name,
  /** @type {string[]} */ lacking,
  /** @type {string} */ tried,
) =>
  [
    `tests that need ${lacking.join(", ")} of Debian ${name} will fail: they could not be had.`,
    ...tried.split("\n"),
    "To do: make apt-get work for a Debian mirror (TEST_TOOLS_DEBIAN_MIRROR=<address> names another one)",
    name === newest
      ? "or, where there is no apt-get, put current versions of them on PATH."
      : "on a machine with apt-get; these old versions come from there only.",
  ].join("\n  ");

/** Finds the mirror once for all suites. */
const findMirror = async () => {
  if (onPath("apt-get") === undefined || onPath("dpkg-deb") === undefined) {
    return undefined;
  }
  const work = workFolder("mirror");
  mkdirSync(work, { recursive: true });
  try {
    return await mirrorOf(work);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
};

/** Makes one suite present. @returns {Promise<string[]>} what could not be had, in words for the user */
const ensureSuite = async (
  /** @type {string} */ name,
  /** @type {Suite} */ suite,
  /** @type {Promise<string | undefined>} */ mirror,
) => {
  try {
    const address = await mirror;
    if (address !== undefined) {
      await fetchSuite(name, suite, address);
      return [];
    }
  } catch (error) {
    // A network that is down is no reason to test against other versions than usual.
    const tried = error instanceof Error ? error.message : String(error);
    return [complaintOf(name, Object.keys(suite.programs), tried)];
  }
  const lacking = await usePath(name, suite);
  const tried = "There is no apt-get with a Debian mirror on this machine, nor a current program on PATH.";
  return lacking.length === 0 ? [] : [complaintOf(name, lacking, tried)];
};

/**
 * Makes the test tools present. Does nothing, and says nothing, when they are.
 *
 * @param {{ force?: boolean }} [options] `force`: fetch again what is there
 * @returns {Promise<{ complaints: string[] }>} what could not be had, in words for the user
 */
export const ensureTools = async ({ force = false } = {}) => {
  const wanted = Object.entries(suites).filter(
    ([name, suite]) => force || present(name, suite) === undefined,
  );
  if (wanted.length === 0) {
    return { complaints: [] };
  }
  mkdirSync(toolsFolder, { recursive: true });
  await removeLeftovers();
  const mirror = findMirror();
  const complaints = await Promise.all(wanted.map(([name, suite]) => ensureSuite(name, suite, mirror)));
  return { complaints: complaints.flat() };
};

if (process.argv[1] !== undefined && relative(process.argv[1], fileURLToPath(import.meta.url)) === "") {
  const { complaints } = await ensureTools({ force: process.argv.includes("--force") });
  for (const complaint of complaints) {
    say(complaint);
  }
  process.exitCode = complaints.length === 0 ? 0 : 1;
}

/**
 * Fetches the programs that the tests run against from Debian into `.tools/`: Prometheus, promtool, Alertmanager, amtool,
 * blackbox_exporter, llama.cpp's llama-server, logrotate, HAProxy, nginx, mtail, busybox, zsh, fish and Chromium. `bookworm` has the oldest
 * versions that the exporter supports, `sid` the newest.
 *
 * Writes nothing outside `.tools/` and needs no privileges: apt works on a private state, and packages are unpacked, not
 * installed. Without apt-get or a Debian mirror, programs of the same names on PATH replace the newest ones.
 *
 * Runs on an old Node.js (see bootstrap.mjs). `node scripts/tools.mjs` runs it alone; `--force` fetches everything again. With
 * `docker` as an argument it fetches what only the long tests of the image and of the workflows need: Docker's engine and client,
 * debootstrap, and shellcheck.
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
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { basename, delimiter, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const toolsFolder = fileURLToPath(new URL("../.tools", import.meta.url));

/**
 * @typedef {object} Program
 * @property {string} file path in its package
 * @property {string[]} names its names on PATH, for machines without a Debian archive
 * @property {string} [versionFlag] what it prints its version for; `--version` by default
 * @property {number} [oldest] the oldest major version that is accepted from PATH
 * @property {boolean} [ownLibraries] start it by the unpacked loader with the unpacked libraries, because it needs newer
 *   ones than the machine may have; and in the folder where ggml looks for backends
 * @property {boolean} [wrapped] start it by a script that sets where its libraries, fonts and functions are, because it starts itself
 *   again or looks beside its own program
 * @property {string} [reads] an absolute folder that Debian's build reads files from, and that is not installed
 *
 * @typedef {object} Suite
 * @property {string} [release] the release of Debian; the name of the suite by default
 * @property {string[]} packages unpacked alone: Go programs, which run with any libc
 * @property {string[]} packagesWithLibraries unpacked with all their dependencies
 * @property {Record<string, Program>} programs by the names that tests use
 *
 * @typedef {{ argv: string[], cwd?: string, version?: string }} Entry
 *   a command to start a program; `{root}` stands for the folder of the manifest
 * @typedef {{ recipe: string, origin: "debian" | "PATH", mirror?: string, programs: Record<string, Entry> }} Manifest
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
    packages: [
      "prometheus",
      "prometheus-blackbox-exporter",
      "prometheus-alertmanager",
      // Without what they depend on, which is much and only for their users' convenience.
      "zsh-static",
      "zsh-common",
      "fish",
      "fish-common",
      "libpcre2-32-0",
    ],
    packagesWithLibraries: ["chromium-headless-shell", "fonts-dejavu-core"],
    programs: {
      ...goPrograms,
      chromium: { file: "usr/lib/chromium/chromium-headless-shell", names: ["chromium"], wrapped: true },
      zsh: { file: "bin/zsh-static", names: ["zsh"], wrapped: true },
      fish: { file: "usr/bin/fish", names: ["fish"], wrapped: true },
    },
  },
  sid: {
    packages: [
      "prometheus",
      "promtool",
      "prometheus-blackbox-exporter",
      "prometheus-alertmanager",
      "mtail",
      "busybox-static",
    ],
    packagesWithLibraries: [
      "llama.cpp-tools",
      "logrotate",
      "haproxy",
      "nginx",
      "unbound",
      "dnsmasq-base",
      "iputils-ping",
    ],
    programs: {
      ...goPrograms,
      "llama-server": { file: "usr/bin/llama-server", names: ["llama-server"], ownLibraries: true },
      mtail: { file: "usr/bin/mtail", names: ["mtail"] },
      busybox: { file: "usr/bin/busybox", names: ["busybox"] },
      logrotate: { file: "usr/sbin/logrotate", names: ["logrotate"], ownLibraries: true },
      haproxy: { file: "usr/sbin/haproxy", names: ["haproxy"], ownLibraries: true, versionFlag: "-v" },
      nginx: { file: "usr/sbin/nginx", names: ["nginx"], ownLibraries: true, versionFlag: "-v" },
      unbound: { file: "usr/sbin/unbound", names: ["unbound"], ownLibraries: true, versionFlag: "-V" },
      dnsmasq: { file: "usr/sbin/dnsmasq", names: ["dnsmasq"], ownLibraries: true },
      ping: { file: "usr/bin/ping", names: ["ping"], ownLibraries: true, versionFlag: "-V" },
    },
  },
};

/** Suites that are fetched only when a test asks for them. @type {Record<string, Suite>} */
const onDemand = {
  docker: {
    release: "bookworm",
    packages: ["docker.io", "containerd", "runc", "tini", "debootstrap", "shellcheck"],
    packagesWithLibraries: [],
    programs: {
      dockerd: { file: "usr/sbin/dockerd", names: ["dockerd"] },
      docker: { file: "usr/bin/docker", names: ["docker"] },
      shellcheck: { file: "usr/bin/shellcheck", names: ["shellcheck"] },
    },
  },
};

/** The suite whose programs those on PATH may replace: tests expect no certain version of them, only a current one. */
const newest = "sid";

/** The version of the layout below `.tools/`; raise it when the layout changes. */
const layout = 1;

/** Returns a hash of the suite's definition, so that a changed definition makes the suite be fetched again. */
const recipeOf = (/** @type {Suite} */ suite) =>
  createHash("sha256")
    .update(JSON.stringify([layout, suite]))
    .digest("hex");

const say = (/** @type {string} */ text) => process.stderr.write(`test tools: ${text}\n`);

/** Returns the file that a shell would run for `name`, or undefined. */
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
 * Runs a command to its end. Rejects with the end of its output when it fails.
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
      const text = output.err.trim() || output.out.trim();
      reject(
        new Error(
          `\`${[command, ...args].join(" ")}\` ended with ${signal ?? `exit code ${code}`}:\n${text.split("\n").slice(-8).join("\n")}`,
        ),
      );
    });
  });

/** Calls `work` for every item, one at a time per processor. */
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
 * Returns the address of the Debian mirror that this machine's apt uses, or undefined when it uses none, as on a
 * distribution derived from Debian.
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
 * Returns apt configuration that makes apt write only below `folder`. Applies on top of the machine's own, which may set
 * proxies.
 */
const privateState = (/** @type {string} */ folder) => {
  for (const path of ["state/lists/partial", "cache/archives/partial", "log"]) {
    mkdirSync(join(folder, path), { recursive: true });
  }
  return `
# No hooks of this machine, such as cleaning caches or notifying the desktop.
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
# The state is private: it needs no locks, and an unprivileged user for downloads could not write here.
Debug::NoLocking "true";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "3";
# Otherwise an update that reaches no mirror succeeds.
APT::Update::Error-Mode "any";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
`;
};

/** Returns the option that names Debian's archive keys, or nothing where they are not installed: apt's own keys count then. */
const signedBy = () => {
  const keyring = ["gpg", "pgp"]
    .map((ending) => `/usr/share/keyrings/debian-archive-keyring.${ending}`)
    .find((file) => existsSync(file));
  return keyring === undefined ? "" : `[signed-by=${keyring}] `;
};

/**
 * Makes a program look for a folder below its working directory instead of below /: moves the first slash of the path to
 * its end. The path keeps its length, so that nothing else in the file moves.
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

/** Libraries that belong to the loader of the machine: others of their kind would not work with it. */
const ofLoader = /^(?:ld-linux|lib(?:c|m|dl|rt|pthread|resolv|util|nss_\w+|anl)\.so)/;

/**
 * Writes a script that starts a program with the unpacked libraries, fonts and functions of zsh.
 *
 * @returns {string} its place in the manifest
 */
const wrap = (/** @type {string} */ root, /** @type {string} */ file) => {
  const triplet = readdirSync(join(root, "usr/lib")).find((name) => name.endsWith("-linux-gnu"));
  const libraries = join(root, "wrapped/lib");
  mkdirSync(libraries, { recursive: true });
  for (const folder of [`lib/${triplet}`, `usr/lib/${triplet}`, `usr/lib/${triplet}/pulseaudio`]) {
    for (const name of existsSync(join(root, folder)) ? readdirSync(join(root, folder)) : []) {
      if (/\.so(\.|$)/.test(name) && !ofLoader.test(name) && !existsSync(join(libraries, name))) {
        symlinkSync(`../../${folder}/${name}`, join(libraries, name));
      }
    }
  }
  // fish looks for both share and etc beside its folder of programs.
  if (!existsSync(join(root, "usr/etc"))) {
    symlinkSync("../etc", join(root, "usr/etc"));
  }
  const script = `wrapped/${basename(file)}`;
  writeFileSync(
    join(root, script),
    `#!/bin/sh
root=$(dirname "$0")/..
root=$(cd "$root" && pwd)
mkdir -p "$root/var/fonts"
cat >"$root/var/fonts.$$" <<END
<?xml version="1.0"?><fontconfig><dir>$root/usr/share/fonts</dir><dir>/usr/share/fonts</dir><cachedir>$root/var/fonts</cachedir></fontconfig>
END
mv "$root/var/fonts.$$" "$root/var/fonts.conf"
export FONTCONFIG_FILE="$root/var/fonts.conf" LD_LIBRARY_PATH="$root/wrapped/lib"
export FPATH="$(find "$root/usr/share/zsh/functions" -type d | tr '\\n' ':')"
exec "$root/${file}" "$@"
`,
    { mode: 0o755 },
  );
  return `{root}/${script}`;
};

/** Returns the command that starts a program unpacked in `root`. @returns {Entry} */
const entryOf = (/** @type {string} */ root, /** @type {Program} */ program) => {
  const file = `{root}/${program.file}`;
  if (program.reads !== undefined) {
    relocate(join(root, program.file), program.reads);
    return { argv: [file], cwd: "{root}" };
  }
  if (program.wrapped === true) {
    return { argv: [wrap(root, program.file)] };
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

/** Asks a program for its version, which also proves that it starts on this machine. */
const versionOf = async (
  /** @type {string} */ root,
  /** @type {Entry} */ entry,
  /** @type {string} */ flag = "--version",
) => {
  const [command = "", ...args] = entry.argv.map((word) => filledIn(root, word));
  if (!existsSync(command)) {
    throw new Error(`no ${relative(root, command)} among the unpacked packages`);
  }
  const output = await run(command, [...args, flag], { cwd: filledIn(root, entry.cwd ?? root) });
  return /version:? (\S+)/.exec(output)?.[1] ?? "unknown";
};

/** Returns a folder that only this process uses; `removeLeftovers` matches its name. */
const workFolder = (/** @type {string} */ name) => join(toolsFolder, `.partial-${name}-${process.pid}`);

/**
 * Fetches and unpacks a suite in a folder of this process and then moves it into place: a suite that exists is complete,
 * and two runs at the same time do not disturb each other.
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
    await writeFile(sources, `deb ${signedBy()}${mirror} ${suite.release ?? name} main\n`);
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
    const manifest = { recipe: recipeOf(suite), origin: "debian", mirror, programs: {} };
    for (const [program, definition] of Object.entries(suite.programs)) {
      const entry = entryOf(root, definition);
      manifest.programs[program] = {
        ...entry,
        version: await versionOf(root, entry, definition.versionFlag),
      };
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

/** Returns the manifest of a suite that is present and usable. @returns {Manifest | undefined} */
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

/** Finds a program by one of its names on PATH; undefined unless it is a current version. */
const currentOnPath = async (/** @type {Program} */ { names, oldest = 0 }) => {
  for (const file of names.map(onPath)) {
    if (file !== undefined) {
      const argv = [resolve(file)];
      const version = await versionOf("/", { argv }, versionFlag);
      if (oldest === 0 || Number.parseInt(version, 10) >= oldest) {
        return { argv, version };
      }
    }
  }
  return undefined;
};

/** Uses the programs on PATH instead of the newest ones. @returns {Promise<string[]>} the missing ones */
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

/** Removes the folders that a killed run has left behind. */
const removeLeftovers = async () => {
  for (const file of existsSync(toolsFolder) ? readdirSync(toolsFolder) : []) {
    const pid = /^\.partial-.*-(\d+)$/.exec(file)?.[1];
    const age = Date.now() - statSync(join(toolsFolder, file)).mtimeMs;
    // The id of a process that ended long ago may belong to another one now.
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

/** Returns the message about programs that could not be fetched. */
const complaintOf = (
  /** @type {string} */ name,
  /** @type {string[]} */ lacking,
  /** @type {string} */ tried,
) =>
  [
    `tests that need ${lacking.join(", ")} of Debian ${name} will fail: the programs could not be fetched.`,
    ...tried.split("\n"),
    "To do: make apt-get work with a Debian mirror (TEST_TOOLS_DEBIAN_MIRROR=<address> sets another one)",
    name === newest
      ? "or, without apt-get, put current versions of the programs on PATH."
      : "on a machine with apt-get; these old versions have no other source.",
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

/** Makes one suite present. @returns {Promise<string[]>} messages about missing programs */
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
    // When the network is down, do not test against other versions than usual.
    const tried = error instanceof Error ? error.message : String(error);
    return [complaintOf(name, Object.keys(suite.programs), tried)];
  }
  const lacking = await usePath(name, suite);
  const tried = "This machine has neither apt-get with a Debian mirror nor current versions on PATH.";
  return lacking.length === 0 ? [] : [complaintOf(name, lacking, tried)];
};

/**
 * Makes the test tools present. Does nothing, and prints nothing, when they are.
 *
 * @param {{ force?: boolean, names?: string[] }} [options] `force`: fetch again even what is present; `names`: suites on demand,
 *   instead of those that every run of the tests needs
 * @returns {Promise<{ complaints: string[] }>} messages about missing programs
 */
export const ensureTools = async ({ force = false, names = [] } = {}) => {
  const chosen =
    names.length === 0
      ? Object.entries(suites)
      : Object.entries(onDemand).filter(([name]) => names.includes(name));
  const wanted = chosen.filter(([name, suite]) => force || present(name, suite) === undefined);
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
  const { complaints } = await ensureTools({
    force: process.argv.includes("--force"),
    names: process.argv.slice(2).filter((word) => word !== "--force"),
  });
  for (const complaint of complaints) {
    say(complaint);
  }
  process.exitCode = complaints.length === 0 ? 0 : 1;
}

/**
 * Builds the Debian package, which contains the single executable and the unit for systemd, with nfpm on `PATH`:
 *
 *     node scripts/deb.ts [--arch=arm64] [FOLDER]
 *
 * `npm run build:deb` writes `release/heartbeat-exporter_VERSION_ARCH.deb`. As in Debian's own tools, DEBFULLNAME and DEBEMAIL
 * are the maintainer that the package names.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { programTree } from "../src/cli/flags.ts";
import { VERSION } from "../src/core/version.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Names of processors by those of Node.js. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };

const {
  values: { arch },
  positionals: [folder = join(ROOT, "release")],
} = parseArgs({
  allowPositionals: true,
  options: { arch: { type: "string", default: process.arch } },
});

/** Where shells look for the completion of a program, below /usr/share. */
const COMPLETIONS: Readonly<Record<string, string>> = {
  bash: "bash-completion/completions/heartbeat-exporter",
  zsh: "zsh/vendor-completions/_heartbeat-exporter",
  fish: "fish/vendor_completions.d/heartbeat-exporter.fish",
};

/** Returns the completion for a shell; `undefined` if the program has no command that prints it. */
function completion(shell: string): string | undefined {
  if (!programTree().commands.some((command) => command.name() === "completion")) return undefined;
  return execFileSync(process.execPath, ["src/main.ts", "completion", shell], {
    cwd: ROOT,
    encoding: "utf8",
  });
}

/** Runs a program to its end, with its messages on standard error. @throws Error if it fails */
function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): void {
  const { status, error } = spawnSync(command, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ["ignore", 2, 2],
  });
  if (error !== undefined) throw new Error(`${command} cannot be started`, { cause: error });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${status}`);
}

const architecture = ARCHITECTURES[arch];
if (architecture === undefined)
  throw new Error(`--arch: got ${arch}, want one of ${Object.keys(ARCHITECTURES).join(", ")}`);

const build = mkdtempSync(join(tmpdir(), "heartbeat-deb-"));
try {
  const program = join(build, "heartbeat-exporter");
  run(process.execPath, ["scripts/single-file.ts", `--arch=${arch}`, program]);
  /** Writes a file below /usr/share. */
  const share = (path: string, content: string | Uint8Array): void => {
    const file = join(build, "share", path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    chmodSync(file, 0o644);
  };
  /** Compresses as Debian's policy asks for: the best, and without a time, so that the same content is the same file. */
  const compressed = (file: string): Uint8Array => gzipSync(readFileSync(join(ROOT, file)), { level: 9 });
  share("man/man1/heartbeat-exporter.1.gz", compressed("deploy/man/heartbeat-exporter.1"));
  share("doc/heartbeat-exporter/changelog.gz", compressed("CHANGELOG.md"));
  const copyright = [join(ROOT, "deploy/debian/copyright"), `${program}.licenses.txt`];
  share("doc/heartbeat-exporter/copyright", copyright.map((file) => readFileSync(file, "utf8")).join("\n"));
  for (const [shell, path] of Object.entries(COMPLETIONS)) {
    const script = completion(shell);
    if (script !== undefined) share(path, script);
  }

  const { DEBFULLNAME = "heartbeat-exporter maintainers", DEBEMAIL = "root@localhost" } = process.env;
  mkdirSync(folder, { recursive: true });
  const target = join(folder, `heartbeat-exporter_${VERSION}_${architecture}.deb`);
  run("nfpm", ["package", "--packager=deb", "--config=deploy/debian/nfpm.yaml", `--target=${target}`], {
    VERSION,
    DEB_ARCH: architecture,
    DEB_MAINTAINER: `${DEBFULLNAME} <${DEBEMAIL}>`,
    BUILD: build,
  });
} finally {
  rmSync(build, { recursive: true, force: true });
}

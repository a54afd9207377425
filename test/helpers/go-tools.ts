import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { seconds } from "../../src/core/units.ts";
import { run, waitUntil } from "./process.ts";

/** A program that is built from Go modules, which takes minutes, once per machine. Only long tests use them. */
export type GoTool = "helm" | "nfpm" | "actionlint" | "manifests" | ClusterTool;

/** A program of a Kubernetes cluster, of the module test/kubernetes/cluster. */
type ClusterTool = "kube-apiserver" | "kubectl" | "etcd";

/** The Kubernetes whose API the tests of manifests know: that of test/deploy/manifests/go.mod. */
export const KUBERNETES = { major: 1, minor: 37 } as const;

const HELM = "helm.sh/helm/v3";
const HELM_VERSION = "v3.22.0";

const NFPM = "github.com/goreleaser/nfpm/v2/cmd/nfpm";
/** The newest that needs no module from other places than the large hosts of code. */
const NFPM_VERSION = "v2.43.0";

const ACTIONLINT = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12";

/** Returns what a change of has a program built again. */
function versionOf(name: GoTool): string {
  switch (name) {
    case "helm":
      return HELM_VERSION;
    case "nfpm":
      return NFPM_VERSION;
    case "actionlint":
      return ACTIONLINT.replace(/^.*@/, "");
    case "manifests":
      return hashOf(MANIFESTS);
    case "kube-apiserver":
    case "kubectl":
    case "etcd":
      return hashOf(CLUSTER);
  }
}

/** Returns the command that builds a program into a folder, which is also `GOBIN`. */
function buildCommand(name: GoTool, folder: string): readonly string[] {
  switch (name) {
    case "helm":
      return ["go", "install", "-trimpath", "-ldflags", helmFlags(), `${HELM}/cmd/helm@${HELM_VERSION}`];
    case "nfpm":
      return ["go", "install", "-trimpath", "-ldflags", "-s -w", `${NFPM}@${NFPM_VERSION}`];
    case "actionlint":
      return ["go", "install", "-trimpath", "-ldflags", "-s -w", ACTIONLINT];
    case "manifests":
      return [...GO_BUILD, "-ldflags", "-s -w", "-o", folder, "."];
    case "kube-apiserver":
    case "kubectl":
    case "etcd":
      return [...GO_BUILD, "-ldflags", clusterFlags(), "-o", folder, `./${name}`];
  }
}

/** Longest build of a program. */
export const BUILD_DEADLINE = seconds(1800);

const TOOLS = fileURLToPath(new URL("../../.tools/go", import.meta.url));
const MANIFESTS = fileURLToPath(new URL("../deploy/manifests", import.meta.url));
const CLUSTER = fileURLToPath(new URL("../kubernetes/cluster", import.meta.url));
const GO_BUILD = ["go", "build", "-trimpath", "-buildvcs=false"];

const fileOf = (name: GoTool): string => join(TOOLS, `${name}-${versionOf(name)}`, name);

/** Reports whether a program is there, so that {@link goTool} returns at once. */
export const isBuilt = (name: GoTool): boolean => existsSync(fileOf(name));

/**
 * Returns the file of a program, which it builds if `.tools/go` does not have it.
 * @returns rejects when it cannot be built: a test without its program fails and is never skipped
 */
export async function goTool(name: GoTool): Promise<string> {
  const file = fileOf(name);
  const folder = dirname(file);
  const partial = `${folder}.partial`;
  return waitUntil(
    name,
    async () => {
      if (existsSync(file)) return file;
      // The folder is also the lock: two builds at once would take twice as long.
      if (!claim(partial)) return undefined;
      try {
        await build(name, partial);
        // Moved into place, so that a program that exists is complete.
        renameSync(partial, folder);
      } finally {
        rmSync(partial, { recursive: true, force: true });
      }
      return file;
    },
    BUILD_DEADLINE,
  );
}

/** Creates a folder and returns true, or returns false if another process works in it. One of a killed process is taken over. */
function claim(folder: string): boolean {
  mkdirSync(TOOLS, { recursive: true });
  if (existsSync(folder)) {
    const age = (Date.now() - statSync(folder).mtimeMs) / 1000;
    if (age < BUILD_DEADLINE) return false;
    rmSync(folder, { recursive: true, force: true });
  }
  try {
    mkdirSync(folder);
    return true;
  } catch {
    return false;
  }
}

async function build(name: GoTool, folder: string): Promise<void> {
  const argv = buildCommand(name, folder);
  const env = { ...process.env, GOBIN: folder };
  const { code, stdout, stderr } = await run(argv, {
    cwd: folderOf(name),
    env,
    deadline: BUILD_DEADLINE,
  }).catch((error: unknown) => {
    throw new Error(`${name} is built with Go: install go 1.26 or newer, and see to it that it is on PATH`, {
      cause: error,
    });
  });
  if (code !== 0) throw new Error(`${argv.join(" ")} ended with ${code}\n${stdout}${stderr}`);
}

/** Returns what helm's own build sets: the version of Kubernetes that charts are rendered and linted for. */
function helmFlags(): string {
  const { major, minor } = KUBERNETES;
  const version = (place: string): string =>
    `-X ${HELM}/pkg/${place}.k8sVersionMajor=${major} -X ${HELM}/pkg/${place}.k8sVersionMinor=${minor}`;
  return `-s -w ${version("lint/rules")} ${version("chartutil")}`;
}

/** Returns what Kubernetes' own build sets; kubectl reads it from the server. */
function clusterFlags(): string {
  const { major, minor } = KUBERNETES;
  const version = "k8s.io/component-base/version";
  return `-s -w -X ${version}.gitVersion=v${major}.${minor}.2 -X ${version}.gitMajor=${major} -X ${version}.gitMinor=${minor}`;
}

/** Returns the folder whose `go.mod` chooses the versions of what a program is built from. */
const folderOf = (name: GoTool): string =>
  name === "kube-apiserver" || name === "kubectl" || name === "etcd" ? CLUSTER : MANIFESTS;

/** Returns a short hash of the files below a folder. */
function hashOf(folder: string): string {
  const hash = createHash("sha256");
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }).toSorted()) {
    const file = join(folder, name);
    if (statSync(file).isFile()) hash.update(`${name}\n`).update(readFileSync(file));
  }
  return hash.digest("hex").slice(0, 12);
}

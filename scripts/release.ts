/**
 * Makes a release: `npm run release -- VERSION [--dry-run]` moves the unreleased part of CHANGELOG.md under the version and the
 * date, writes the version wherever it is named, commits and tags. Pushing the tag publishes (.github/workflows/release.yml).
 *
 * `--notes=VERSION` prints the notes of a release instead.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { notesOf, releaseSection } from "./release/changelog.ts";
import { VERSION_PLACES, versionsAt } from "./release/version-places.ts";

const CHANGELOG = "CHANGELOG.md";
const USAGE = "usage: npm run release -- VERSION [--dry-run]";
const FORM = /^\d+\.\d+\.\d+(?:-[0-9a-z]+(?:\.[0-9a-z]+)*)?$/;

/** A release that cannot be made. Its message says why and what to do. */
class ReleaseError extends Error {
  override readonly name = "ReleaseError";
}

/** The repository is that of the working directory, so that tests have one of their own. */
const git = (...args: readonly string[]): string => {
  try {
    return execFileSync("git", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    throw new ReleaseError(`git ${args[0]}: ${stderr?.trim() ?? String(error)}`);
  }
};

const root = git("rev-parse", "--show-toplevel");
const read = (path: string): string => readFileSync(join(root, path), "utf8");

/** Returns the commit of a tag; `undefined` if there is no such tag. */
const commitOf = (tag: string): string | undefined =>
  git("tag", "--list", tag) === "" ? undefined : git("rev-parse", `${tag}^{commit}`);

/** Compares versions: negative if `a` is the older one. */
function compareVersions(a: string, b: string): number {
  const [[coreA = "", preA], [coreB = "", preB]] = [a.split("-"), b.split("-")];
  const byCore = coreA.localeCompare(coreB, "en", { numeric: true });
  if (byCore !== 0) return byCore;
  // 1.0.0-rc.1 comes before 1.0.0.
  if (preA === undefined || preB === undefined)
    return Number(preB !== undefined) - Number(preA !== undefined);
  return preA.localeCompare(preB, "en", { numeric: true });
}

/** Returns the new texts of the files that a release changes, by path. */
function changesFor(version: string, date: string): ReadonlyMap<string, string> {
  const changes = new Map([[CHANGELOG, releaseSection(read(CHANGELOG), version, date)]]);
  for (const place of VERSION_PLACES) {
    const text = changes.get(place.path) ?? read(place.path);
    versionsAt(place, text);
    changes.set(place.path, text.replace(place.pattern, version));
  }
  return changes;
}

function release(version: string | undefined, dryRun: boolean): void {
  if (version === undefined) throw new ReleaseError(USAGE);
  if (!FORM.test(version))
    throw new ReleaseError(
      `got the version ${JSON.stringify(version)}, want one such as 1.2.3 or 1.2.3-rc.1`,
    );
  const tag = `v${version}`;
  const { version: current } = JSON.parse(read("package.json")) as { version: string };
  const tagged = commitOf(tag);
  if (tagged !== undefined) {
    if (tagged === git("rev-parse", "HEAD") && current === version)
      return console.log(`${tag} is released already: git push origin ${tag}`);
    throw new ReleaseError(`the tag ${tag} exists, on another commit; choose another version`);
  }
  const dirty = git("status", "--porcelain");
  if (dirty !== "")
    throw new ReleaseError(`the working tree has changes; commit or remove them first:\n${dirty}`);
  if (notesOf(read(CHANGELOG), version) !== undefined && current === version) {
    // An earlier run has committed and was stopped before the tag.
    if (!dryRun) git("tag", "--annotate", "--message", `Release ${version}`, tag);
    return console.log(`${dryRun ? "would tag" : "tagged"} ${tag}, whose commit is there already`);
  }
  // The first release may have the version that has been in the files from the beginning.
  const isFirst = notesOf(read(CHANGELOG), current) === undefined;
  const order = compareVersions(current, version);
  if (order > 0 || (order === 0 && !isFirst))
    throw new ReleaseError(`got the version ${version}, want one after ${current}`);

  const changes = changesFor(version, new Date().toISOString().slice(0, 10));
  if (dryRun) {
    for (const [path, text] of changes) if (text !== read(path)) console.log(`would change ${path}`);
    return console.log(
      `would commit and tag ${tag}, with the notes:\n\n${notesOf(changes.get(CHANGELOG) ?? "", version)}`,
    );
  }
  try {
    for (const [path, text] of changes) writeFileSync(join(root, path), text);
    git("commit", "--quiet", "--all", "--message", `Release ${version}`);
  } catch (error) {
    git("-C", root, "checkout", "--quiet", "HEAD", "--", ...changes.keys());
    throw error;
  }
  git("tag", "--annotate", "--message", `Release ${version}`, tag);
  console.log(`released ${version}: git push origin HEAD ${tag}`);
}

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { "dry-run": { type: "boolean", default: false }, notes: { type: "string" } },
  });
  if (positionals.length > 1) throw new ReleaseError(USAGE);
  if (values.notes === undefined) release(positionals[0], values["dry-run"]);
  else {
    const notes = notesOf(read(CHANGELOG), values.notes);
    if (notes === undefined) throw new ReleaseError(`${CHANGELOG} has no section ${values.notes}`);
    console.log(notes);
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

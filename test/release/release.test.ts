import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, test } from "vitest";
import { notesOf } from "../../scripts/release/changelog.ts";
import { VERSION_PLACES, versionsAt } from "../../scripts/release/version-places.ts";
import { type Finished, run } from "../helpers/process.ts";
import { type TemporaryFolder, temporaryFolder } from "../helpers/temporary-folder.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const { version: current } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  version: string;
};

/** A repository with the files that name the version, and a changelog. */
interface Repository extends TemporaryFolder {
  readonly git: (...args: readonly string[]) => Promise<string>;
  readonly release: (...args: readonly string[]) => Promise<Finished>;
  readonly read: (path: string) => string;
}

const CHANGELOG = "# Changelog\n\n## Unreleased\n\n- [FEATURE] Something new.\n";

async function repository(changelog = CHANGELOG): Promise<Repository> {
  const folder = await temporaryFolder();
  const env = {
    ...process.env,
    GIT_AUTHOR_NAME: "test",
    GIT_AUTHOR_EMAIL: "test@example.com",
    GIT_COMMITTER_NAME: "test",
    GIT_COMMITTER_EMAIL: "test@example.com",
    GIT_CONFIG_GLOBAL: "/dev/null",
  };
  const options = { cwd: folder.path, env };
  const git: Repository["git"] = async (...args) => {
    const { code, stdout, stderr } = await run(["git", ...args], options);
    if (code !== 0) throw new Error(stderr);
    return stdout.trim();
  };
  for (const { path } of VERSION_PLACES) {
    mkdirSync(dirname(join(folder.path, path)), { recursive: true });
    cpSync(join(ROOT, path), join(folder.path, path));
  }
  await folder.write("CHANGELOG.md", changelog);
  await git("init", "--quiet");
  await git("add", "--all");
  await git("commit", "--quiet", "--message", "Begin");
  return {
    ...folder,
    git,
    release: (...args) => run([process.execPath, join(ROOT, "scripts/release.ts"), ...args], options),
    read: (path) => readFileSync(join(folder.path, path), "utf8"),
  };
}

const versionsIn = (read: (path: string) => string): string[] => [
  ...new Set(VERSION_PLACES.flatMap((place) => versionsAt(place, read(place.path)))),
];

describe("the version", () => {
  it("is the same wherever it is named", () => {
    const found = VERSION_PLACES.map((place) => ({
      path: place.path,
      versions: [...new Set(versionsAt(place, readFileSync(join(ROOT, place.path), "utf8")))],
    }));
    expect(found).toEqual(VERSION_PLACES.map(({ path }) => ({ path, versions: [current] })));
    const lock = VERSION_PLACES.find(({ path }) => path === "package-lock.json");
    expect(lock && versionsAt(lock, readFileSync(join(ROOT, lock.path), "utf8"))).toHaveLength(2);
  });

  it("is named in no other file as that of an artefact", async () => {
    const form = String.raw`heartbeat-exporter(-|_|:|@|, newTag: )v?[0-9]+\.[0-9]+\.[0-9]+`;
    const { stdout } = await run(["git", "grep", "-nEo", form, "--", ":!CHANGELOG.md", ":!test"], {
      cwd: ROOT,
    });
    const others = stdout
      .split("\n")
      .filter((line) => line !== "" && !line.endsWith(current))
      .filter((line) => !VERSION_PLACES.some(({ path }) => line.startsWith(`${path}:`)));
    expect(others).toEqual([]);
  });
});

test("a release moves the changelog, sets the version everywhere, commits and tags", async () => {
  await using repo = await repository();
  const { code, stdout } = await repo.release("7.8.9");
  expect({ code, stdout }).toEqual({ code: 0, stdout: "released 7.8.9: git push origin HEAD v7.8.9\n" });
  const today = new Date().toISOString().slice(0, 10);
  expect(repo.read("CHANGELOG.md")).toBe(
    `# Changelog\n\n## Unreleased\n\n## 7.8.9 / ${today}\n\n- [FEATURE] Something new.\n`,
  );
  expect(versionsIn(repo.read)).toEqual(["7.8.9"]);
  expect(await repo.git("status", "--porcelain")).toBe("");
  expect(await repo.git("log", "-1", "--format=%s")).toBe("Release 7.8.9");
  expect(await repo.git("describe", "--exact-match")).toBe("v7.8.9");
  // Other versions in these files stay.
  const lock = JSON.parse(repo.read("package-lock.json")) as {
    packages: Record<string, { version?: string }>;
  };
  expect(Object.values(lock.packages).filter(({ version }) => version === "7.8.9")).toHaveLength(1);

  expect(await repo.release("--notes=7.8.9")).toMatchObject({
    code: 0,
    stdout: "- [FEATURE] Something new.\n",
  });
  const again = await repo.release("7.8.9");
  expect(again).toMatchObject({ code: 0, stdout: "v7.8.9 is released already: git push origin v7.8.9\n" });
  expect(await repo.git("rev-list", "--count", "HEAD")).toBe("2");
});

test("a release that was stopped before its tag is completed", async () => {
  await using repo = await repository();
  await repo.release("7.8.9");
  await repo.git("tag", "--delete", "v7.8.9");
  expect(await repo.release("7.8.9")).toMatchObject({
    code: 0,
    stdout: "tagged v7.8.9, whose commit is there already\n",
  });
  expect(await repo.git("describe", "--exact-match")).toBe("v7.8.9");
});

test("--dry-run changes nothing and says what would change", async () => {
  await using repo = await repository();
  const { code, stdout } = await repo.release("7.8.9", "--dry-run");
  expect(code).toBe(0);
  for (const { path } of VERSION_PLACES) expect(stdout).toContain(`would change ${path}\n`);
  expect(stdout).toContain("would commit and tag v7.8.9, with the notes:\n\n- [FEATURE] Something new.\n");
  expect(await repo.git("status", "--porcelain")).toBe("");
  expect(await repo.git("tag")).toBe("");
});

test("the first release may have the version of the files", async () => {
  await using repo = await repository();
  expect(await repo.release(current)).toMatchObject({ code: 0 });
  expect(notesOf(repo.read("CHANGELOG.md"), current)).toBe("- [FEATURE] Something new.");
});

describe("a release is refused", () => {
  it.each<{
    name: string;
    args: string[];
    changelog?: string;
    prepare?: (repo: Repository) => unknown;
    says: RegExp;
  }>([
    { name: "without a version", args: [], says: /^usage: npm run release -- VERSION/ },
    { name: "with a bad version", args: ["v2"], says: /^got the version "v2", want one such as 1\.2\.3/ },
    { name: "with an older version", args: ["0.0.1"], says: /^got the version 0\.0\.1, want one after / },
    {
      name: "with changes in the working tree",
      args: ["7.8.9"],
      prepare: ({ path }) => writeFileSync(join(path, "new.txt"), ""),
      says: /^the working tree has changes; commit or remove them first:\n\?\? new\.txt/,
    },
    {
      name: "with nothing unreleased",
      args: ["7.8.9"],
      changelog: "# Changelog\n\n## Unreleased\n",
      says: /^CHANGELOG\.md: nothing is unreleased/,
    },
    {
      name: "with a tag on another commit",
      args: ["7.8.9"],
      prepare: ({ git }) => git("tag", "v7.8.9"),
      says: /^the tag v7\.8\.9 exists, on another commit/,
    },
    {
      name: "for notes of a version that is not there",
      args: ["--notes=7.8.9"],
      says: /has no section 7\.8\.9/,
    },
  ])("$name", async ({ args, changelog, prepare, says }) => {
    await using repo = await repository(changelog);
    await prepare?.(repo);
    const head = await repo.git("rev-parse", "HEAD");
    expect(await repo.release(...args)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(says),
      stdout: "",
    });
    expect(await repo.git("rev-parse", "HEAD")).toBe(head);
    expect(versionsIn(repo.read)).toEqual([current]);
  });
});

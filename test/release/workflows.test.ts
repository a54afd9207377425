import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { seconds } from "../../src/core/units.ts";
import { BUILD_DEADLINE, goTool } from "../helpers/go-tools.ts";
import { run } from "../helpers/process.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FOLDER = join(ROOT, ".github/workflows");
const files = readdirSync(FOLDER);
const read = (file: string): string => readFileSync(join(FOLDER, file), "utf8");

interface Job {
  readonly "timeout-minutes"?: number;
  readonly uses?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly steps?: readonly { readonly uses?: string; readonly run?: string; readonly with?: object }[];
}

interface Workflow {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const workflows = files.map((file) => ({ file, ...(parse(read(file)) as Workflow) }));
const jobs = workflows.flatMap(({ file, jobs: all }) =>
  Object.entries(all).map(([name, job]) => ({ name: `${file}: ${name}`, job })),
);

/** Returns shellcheck, which `scripts/tools.mjs` fetches with the programs for Docker. Rejects if it cannot be had. */
async function shellcheck(): Promise<string> {
  const fetched = await run([process.execPath, join(ROOT, "scripts/tools.mjs"), "docker"], {
    deadline: seconds(600),
  });
  if (fetched.code !== 0) throw new Error(fetched.stderr);
  const file = join(ROOT, ".tools/docker/manifest.json");
  const { programs } = JSON.parse(readFileSync(file, "utf8")) as {
    programs: Record<string, { argv: string[] }>;
  };
  return (programs["shellcheck"]?.argv[0] ?? "").replace("{root}", join(ROOT, ".tools/docker"));
}

it(
  "are accepted by actionlint, and their scripts by shellcheck",
  async () => {
    const argv = [await goTool("actionlint"), `-shellcheck=${await shellcheck()}`, "-pyflakes=", "-no-color"];
    const finished = await run([...argv, ...files.map((file) => join(FOLDER, file))], { cwd: ROOT });
    expect(finished).toMatchObject({ code: 0, stdout: "", stderr: "" });

    // It does find mistakes, also in scripts.
    const broken = read("release.yml")
      .replace("needs: [publish-image]", "needs: [publish-nothing]")
      .replace('"files/heartbeat', "files/$(echo heartbeat");
    const found = await run([...argv, "-"], { cwd: ROOT, input: broken });
    expect(found.code).toBe(1);
    expect(found.stdout).toContain("publish-nothing");
    expect(found.stdout).toContain("shellcheck");
  },
  BUILD_DEADLINE * 1000,
);

describe("a job", () => {
  it.each(jobs)("$name uses actions by their commit, and ends in time", ({ job }) => {
    for (const { uses } of job.steps ?? [])
      if (uses !== undefined) expect(uses).toMatch(/^[\w./-]+@[0-9a-f]{40}$/);
    if (job.uses === undefined) expect(job["timeout-minutes"]).toBeLessThanOrEqual(120);
    else expect(job.uses).toMatch(/^\.\//);
  });

  it.each(jobs)("$name leaves no credentials in the checkout", ({ job }) => {
    const checkouts = (job.steps ?? []).filter(({ uses = "" }) => uses.startsWith("actions/checkout@"));
    for (const step of checkouts) expect(step.with).toMatchObject({ "persist-credentials": false });
    expect(checkouts.length).toBeLessThanOrEqual(1);
  });
});

it("names the version of each pinned action beside it", () => {
  const lines = files.flatMap((file) => read(file).split("\n")).filter((line) => /uses: [^.]/.test(line));
  expect(lines.length).toBeGreaterThan(10);
  for (const line of lines) expect(line).toMatch(/@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  const pins = new Map<string, Set<string>>();
  for (const line of lines) {
    const [, action = "", pin = ""] = /uses: ([^@]+)@(.*)$/.exec(line) ?? [];
    pins.set(action, (pins.get(action) ?? new Set()).add(pin));
  }
  for (const [action, found] of pins)
    expect({ action, found: [...found] }).toMatchObject({ found: { length: 1 } });
});

it("gives no job more than it needs", () => {
  const writing = workflows.flatMap(({ file, permissions, jobs: all }) => [
    ...writes(file, permissions),
    ...Object.entries(all).flatMap(([name, job]) => writes(`${file}: ${name}`, job.permissions)),
  ]);
  expect(writing).toEqual([
    "release.yml: image: packages",
    "release.yml: publish-image: packages",
    "release.yml: publish-chart: packages",
    "release.yml: publish-npm: id-token",
    "release.yml: release: contents",
  ]);
  for (const { file, permissions } of workflows) expect({ file, permissions }).toHaveProperty("permissions");
});

const writes = (place: string, permissions: Readonly<Record<string, string>> = {}): string[] =>
  Object.entries(permissions)
    .filter(([, access]) => access === "write")
    .map(([name]) => `${place}: ${name}`);

it("runs scripts that package.json has", () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  const names = files.flatMap((file) =>
    [...read(file).matchAll(/npm run ([\w:]+)/g)].map(([, name = ""]) => name),
  );
  expect(names).toEqual(expect.arrayContaining(["build", "build:single", "build:deb"]));
  for (const name of names) expect(Object.keys(scripts)).toContain(name);
});

describe("the form for bugs", () => {
  const { body } = parse(readFileSync(join(ROOT, ".github/ISSUE_TEMPLATE/bug.yml"), "utf8")) as {
    body: { id?: string; attributes: { description?: string }; validations?: { required?: boolean } }[];
  };
  const descriptionOf = (id: string): string => {
    const field = body.find((one) => one.id === id);
    expect(field?.validations).toEqual({ required: true });
    return field?.attributes.description ?? "";
  };

  it("asks for config check, by a command that there is", async () => {
    const [, command = ""] = /`heartbeat-exporter (config check [^`]+)`/.exec(descriptionOf("check")) ?? [];
    const argv = [process.execPath, join(ROOT, "src/main.ts"), ...command.split(" ")];
    expect(await run(argv, { cwd: join(ROOT, "examples") })).toMatchObject({ code: 0 });
  });

  it("asks for a debug log", () => {
    expect(descriptionOf("log")).toMatch(/debug=true.*--log\.level=debug/s);
  });
});

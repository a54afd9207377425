import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { createNotes } from "../../src/cli/import/fields.ts";
import { convert, withoutComments } from "../../src/cli/import/formats.ts";
import { createSecrets } from "../../src/cli/import/secrets.ts";
import { openSource } from "../../src/cli/import/source.ts";
import { runMain } from "../helpers/exporter.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

const GOLDEN = join(import.meta.dirname, "../golden/import");
const SAMPLES = {
  "ecosystem-monitor": "ecosystem-monitor.json",
  gatus: "gatus.yaml",
  "uptime-kuma": "uptime-kuma.json",
  healthchecks: "healthchecks.json",
} as const;

async function run(...args: readonly string[]) {
  await using main = runMain(args);
  const { code } = await main.exited;
  return { code, stdout: main.stdout(), stderr: main.stderr() };
}

const PROGRAMS = ["ecosystem-monitor", "gatus", "uptime-kuma", "healthchecks"] as const;
const programs = PROGRAMS.map((program) => ({ program, file: SAMPLES[program] }));
const sample = (file: string): string => join(GOLDEN, "samples", file);

describe.each(programs)("the file of $program", ({ program, file }) => {
  test("becomes a configuration, without secrets, that passes its check", async () => {
    await using folder = await temporaryFolder();
    const plain = (text: string): string =>
      text.replaceAll(join(GOLDEN, "samples/"), "").replaceAll(`${folder.path}/`, "");
    const output = join(folder.path, "exporter.yml");
    const imported = await run("config", "import", sample(file), `--output=${output}`);
    expect({ code: imported.code, stdout: imported.stdout }).toEqual({ code: 0, stdout: "" });
    const text = await readFile(output, "utf8");
    await expect(plain(text)).toMatchFileSnapshot(join(GOLDEN, `${program}.yml`));
    expect(text + imported.stderr).not.toMatch(/SECRET\d/);
    // Each note stands once, in both places.
    const notes = imported.stderr.trim().split("\n");
    expect(new Set(notes).size).toBe(notes.length);
    for (const note of notes) expect(text).toContain(note);
  });

  test("keeps its secrets in files that only the owner can read", async () => {
    await using folder = await temporaryFolder();
    const [output, secrets] = [join(folder.path, "exporter.yml"), join(folder.path, "secrets")];
    const overrides = join(folder.path, "overrides.yml");
    const { code } = await run(
      "config",
      "import",
      `--from=${program}`,
      sample(file),
      `--output=${output}`,
      `--secrets=${secrets}`,
      `--overrides=${overrides}`,
    );
    expect(code).toBe(0);
    const names = await readdir(secrets).catch(() => []);
    const contents = await Promise.all(names.map((name) => readFile(join(secrets, name), "utf8")));
    for (const name of names) expect((await stat(join(secrets, name))).mode & 0o777).toBe(0o600);
    const text = await readFile(output, "utf8");
    const references = [...text.matchAll(/\$\{(\w+)\}/g)].map(([, name = ""]) => [name, "chosen"] as const);
    await using check = runMain(
      ["config", "check", `--config.file=${output}`],
      Object.fromEntries(references),
    );
    expect({ code: (await check.exited).code, stderr: check.stderr() }).toMatchObject({ code: 0 });
    // Every secret of the sample is in exactly one file, in an address of a target, or was not imported.
    const kept = contents.flatMap((content) => content.match(/SECRET\d/g) ?? []);
    expect(new Set(kept).size).toBe(kept.length);
    if (program === "ecosystem-monitor") {
      expect(kept.toSorted()).toEqual(["SECRET1", "SECRET2", "SECRET3", "SECRET4"]);
      const written: unknown = parse(await readFile(overrides, "utf8"));
      expect(written).toEqual({
        alerts: {
          HeartbeatTargetDown: { for: "2m", severity: "critical" },
          HeartbeatConsecutiveFailures: { severity: "critical" },
          HeartbeatUptimeLow: { disable: true },
        },
      });
      expect((await run("pack", `--out=${folder.path}/pack`, `--overrides=${overrides}`)).code).toBe(0);
    }
  });

  test("given as --config.file, says how it is imported", async () => {
    const { code, stderr } = await run("config", "check", `--config.file=${sample(file)}`);
    expect(code).toBe(1);
    expect(stderr).toBe(
      `${sample(file)}: got the configuration of another program (${program}), want the exporter's own; heartbeat-exporter config import ${sample(file)} converts it\n`,
    );
  });

  test("loses no key: one that is added anywhere is noted with its place", async () => {
    const text = await readFile(sample(file), "utf8");
    const value: unknown = parse(file.endsWith(".json") ? withoutComments(text) : text);
    const lost = MAPS[program].filter((path) => {
      const changed = structuredClone(value);
      at(changed, path)["zz_added"] = "x";
      const name = [...path, "zz_added"].join(".");
      return !notesOf(changed, program).some((note) => plainPath(note).includes(name));
    });
    expect(lost).toEqual([]);
  });
});

type Path = readonly (string | number)[];

/** Maps in each sample whose keys are settings. */
const MAPS: Readonly<Record<keyof typeof SAMPLES, readonly Path[]>> = {
  "ecosystem-monitor": [
    [],
    ["services", 0],
    ["alert_rules", 0],
    ["alerting"],
    ["alerting", "email_notifications"],
    ["alerting", "slack_notifications"],
    ["alerting", "webhook_notifications"],
    ["self_healing"],
  ],
  gatus: [
    [],
    ["alerting"],
    ["alerting", "slack"],
    ["alerting", "ntfy"],
    ["alerting", "email"],
    ["endpoints", 0],
    ["endpoints", 0, "alerts", 0],
    ["endpoints", 1, "client"],
    ["external-endpoints", 0],
    ["external-endpoints", 0, "heartbeat"],
  ],
  "uptime-kuma": [[], ["notificationList", 0], ["monitorList", 1], ["monitorList", 3], ["monitorList", 4]],
  healthchecks: [[], ["checks", 0], ["checks", 1]],
};

/** Writes the path in a note as `a.0.b`. */
const plainPath = (note: string): string => note.replaceAll(/\[(\d+)\]/g, ".$1");

type Map = Record<string | number, unknown>;

const at = (value: unknown, path: Path): Map => path.reduce((one, step) => one[step] as Map, value as Map);

function notesOf(value: unknown, program: keyof typeof SAMPLES): readonly string[] {
  const source = openSource("x.json", JSON.stringify(value));
  const notes = createNotes(source);
  convert(program, { source, notes, secrets: createSecrets(undefined, notes) }, { module: "http_2xx" });
  return notes.list();
}

describe("config import", () => {
  test.each([
    [
      "a file of no known program",
      "x.json",
      '{"a": 1}',
      [],
      "got none of the keys of a known program, want services",
    ],
    [
      "a file without the keys of --from",
      "x.json",
      '{"services": []}',
      ["--from=gatus"],
      "want endpoints or external-endpoints (gatus)",
    ],
    [
      "a key of the wrong type",
      "x.json",
      '{"services": [{"name": "a", "url": 5}]}',
      [],
      "x.json:1:29: services[0].url: got number, want text",
    ],
    [
      "a service without a name",
      "x.json",
      '{\n "services": [{"url": "http://x"}]}',
      [],
      "x.json:2:15: services[0]: got no name, want text",
    ],
    ["an unknown program", "x.json", "{}", ["--from=nagios"], "Allowed choices are"],
    ["a broken file that contains a secret", "x.yaml", 'endpoints: [{ token: "SECRET', [], "x.yaml:1:"],
  ])("rejects %s", async (_title, name, content, args, message) => {
    await using folder = await temporaryFolder();
    const { code, stdout, stderr } = await run(
      "config",
      "import",
      await folder.write(name, content),
      ...args,
    );
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain("SECRET");
  });
});

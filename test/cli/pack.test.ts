import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { PARTS } from "../../src/cli/pack/files.ts";
import { pack } from "../../src/cli/pack/pack.ts";
import { runMain } from "../helpers/exporter.ts";
import { type TemporaryFolder, temporaryFolder } from "../helpers/temporary-folder.ts";
import { runTool } from "../helpers/tools.ts";

const repository = fileURLToPath(new URL("../..", import.meta.url));

const writeTo = (folder: TemporaryFolder, more: Partial<Parameters<typeof pack>[0]> = {}) =>
  pack({ out: join(folder.path, "out"), parts: PARTS, force: false, ...more }, {});

const read = (folder: TemporaryFolder, path: string): string =>
  readFileSync(join(folder.path, "out", path), "utf8");

interface Rule {
  readonly alert?: string;
  readonly expr?: string;
  readonly for?: string;
  readonly keep_firing_for?: string;
  readonly labels?: Record<string, string>;
  readonly annotations?: Record<string, string>;
}

const rulesIn = (folder: TemporaryFolder): readonly Rule[] =>
  readdirSync(join(folder.path, "out/rules")).flatMap((name) =>
    (parse(read(folder, `rules/${name}`)) as { groups: { rules: Rule[] }[] }).groups.flatMap(
      ({ rules }) => rules,
    ),
  );

const alert = (folder: TemporaryFolder, name: string): Rule | undefined =>
  rulesIn(folder).find((rule) => rule.alert === name);

describe("heartbeat-exporter pack", () => {
  test("writes the files of the repository unchanged and lists them", async () => {
    await using folder = await temporaryFolder();
    const out = join(folder.path, "out");
    await using run = runMain(["pack", "--out", out]);
    expect(await run.exited).toMatchObject({ code: 0 });
    expect(run.stderr()).toBe("");
    const files = PARTS.flatMap((part) =>
      readdirSync(join(out, part), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(out.length + 1)),
    );
    expect(files.length).toBeGreaterThan(15);
    for (const file of files) {
      expect(read(folder, file)).toBe(readFileSync(join(repository, file), "utf8"));
      expect(run.stdout()).toContain(`written    ${out}/${file}\n`);
    }
    expect(files).toEqual(expect.arrayContaining(["dashboards/overview.json", "rules/targets.rules.yml"]));
    expect(files.filter((file) => /tests|source/.test(file))).toEqual([]);
    // Nothing is sent or linked to a host that is only an example.
    expect(files.filter((file) => read(folder, file).includes("example.com"))).toEqual([]);
    expect(run.stdout()).toContain(
      `\n${files.length} files, ${files.length} changed\nin prometheus.yml: rule_files: ["${out}/rules/*.rules.yml"]\n`,
    );
  });

  test.each([
    ["/proc/heartbeat/pack", "no such file"],
    ["/proc/heartbeat", "no such file"],
    ["FOLDER/file/pack", "a file where a folder is needed"],
  ])("says at once that it cannot write to %s", async (place, problem) => {
    await using folder = await temporaryFolder();
    await folder.write("file", "");
    const out = place.replace("FOLDER", folder.path);
    await using run = runMain(["pack", `--out=${out}`]);
    expect(await run.exited).toMatchObject({ code: 1 });
    expect(run.stderr()).toContain(`got ${problem}, want a place that can be written`);
  });

  test.each(["bookworm", "newest"] as const)(
    "writes rules with overrides that promtool %s accepts",
    async (version) => {
      await using folder = await temporaryFolder();
      const overrides = await folder.write("overrides.yml", OVERRIDES);
      expect(writeTo(folder, { overrides })).toMatchObject({ ok: true });
      const rules = readdirSync(join(folder.path, "out/rules")).map((name) =>
        join(folder.path, "out/rules", name),
      );
      const { code, stderr } = await runTool("promtool", version, ["check", "rules", ...rules]);
      expect({ code, stderr }).toMatchObject({ code: 0 });
    },
  );

  test.each([
    ["bookworm", "alertmanager.yml"],
    ["newest", "alertmanager.yml"],
    ["newest", "alertmanager-0.28.yml"],
  ] as const)("amtool %s accepts %s with its templates", async (version, name) => {
    await using folder = await temporaryFolder();
    expect(writeTo(folder)).toMatchObject({ ok: true });
    const file = join(folder.path, "out/alertmanager", name);
    const { code, stdout } = await runTool("amtool", version, ["check-config", file]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/[1-9] templates/) });
  });

  test("writes the given URL of the exporter into rules and dashboards, which then need to find none", async () => {
    await using folder = await temporaryFolder();
    const externalUrl = "https://heartbeat.internal/x";
    expect(writeTo(folder, { externalUrl })).toMatchObject({ ok: true });
    expect(alert(folder, "HeartbeatTargetDown")?.annotations).toMatchObject({
      runbook_url: `${externalUrl}/runbooks/HeartbeatTargetDown`,
      details: `{{ if $labels.target }}${externalUrl}/logs?target={{ $labels.target | urlquery }}{{ end }}`,
    });
    expect(alert(folder, "HeartbeatMissed")?.annotations?.["details"]).toBe(
      `${externalUrl}/heartbeats?name={{ $labels.heartbeat | urlquery }}`,
    );
    for (const { annotations = {} } of rulesIn(folder))
      for (const text of Object.values(annotations)) expect(text).not.toContain("exporter_url");
    expect(read(folder, "dashboards/overview.json")).toContain(
      `"${externalUrl}/runbooks/\${__data.fields.alertname}"`,
    );
    for (const part of ["rules", "dashboards"])
      for (const name of readdirSync(join(folder.path, "out", part)))
        expect(read(folder, `${part}/${name}`)).not.toMatch(/example\.(com|org)|\$\{exporter:raw\}/);
    const rules = readdirSync(join(folder.path, "out/rules")).map((name) =>
      join(folder.path, "out/rules", name),
    );
    expect(await runTool("promtool", "bookworm", ["check", "rules", ...rules])).toMatchObject({ code: 0 });
  });

  test("sets thresholds of all alerts and of single ones, and leaves those of targets", async () => {
    await using plain = await temporaryFolder();
    await using folder = await temporaryFolder();
    writeTo(plain);
    const overrides = await folder.write(
      "overrides.yml",
      `
thresholds: { certificate_expiry: 21d, failed_probes: 4, event_loop_lag: 1s, degraded_ratio: 0.7 }
alerts:
  HeartbeatUptimeLow: { thresholds: { uptime_ratio: 0.9, failed_probes: 5 } }
`,
    );
    expect(writeTo(folder, { overrides })).toMatchObject({ ok: true });
    const set = (name: string, value: number): string =>
      `(0 * heartbeat_alert_threshold{threshold="${name}"} + ${value})`;
    const expr = (name: string): string => alert(folder, name)?.expr ?? "";
    expect(expr("HeartbeatUptimeLow")).toContain(set("uptime_ratio", 0.9));
    expect(expr("HeartbeatUptimeLow")).toContain(set("failed_probes", 5));
    expect(expr("HeartbeatErrorBudgetBurn1h")).toContain(set("failed_probes", 4));
    expect(expr("HeartbeatExporterOverloaded")).toContain(set("event_loop_lag", 1));
    expect(expr("HeartbeatCertificateExpiring")).toContain(set("certificate_expiry", 1_814_400));
    expect(expr("HeartbeatCertificateExpiring")).toMatch(/< on \(\) group_left \(\) vector\(1814400\)/);
    expect(expr("HeartbeatTargetDegraded")).toContain("vector(0.7)");
    for (const name of ["HeartbeatUptimeLow", "HeartbeatCertificateExpiring"])
      expect(expr(name)).toContain("heartbeat_target_alert_threshold{");
    expect(alert(folder, "HeartbeatRateLimited")).toEqual(alert(plain, "HeartbeatRateLimited"));
    const rules = readdirSync(join(folder.path, "out/rules")).map((name) =>
      join(folder.path, "out/rules", name),
    );
    expect(await runTool("promtool", "newest", ["check", "rules", ...rules])).toMatchObject({ code: 0 });
    const wrong = await folder.write("wrong.yml", "thresholds: { uptime_ratio: 2, no_such: 1 }\n");
    const { ok, text } = writeTo(folder, { overrides: wrong });
    expect(ok).toBe(false);
    expect(text).toContain("thresholds.uptime_ratio: got 2, want");
    expect(text).toContain("thresholds.no_such: ");
  });

  test("applies overrides to the named alerts only", async () => {
    await using plain = await temporaryFolder();
    await using folder = await temporaryFolder();
    writeTo(plain);
    const overrides = await folder.write("overrides.yml", OVERRIDES);
    expect(writeTo(folder, { overrides })).toMatchObject({ ok: true });
    const before = alert(plain, "HeartbeatModelUnavailable");
    expect(alert(folder, "HeartbeatModelUnavailable")).toEqual({
      ...before,
      for: "7m",
      keep_firing_for: "9m",
      labels: { ...before?.labels, severity: "info", team: "ai", pager: "no" },
      annotations: {
        ...before?.annotations,
        summary: "No answer from {{ $labels.target }}.",
        runbook_url: "https://wiki.example.com/rb/HeartbeatModelUnavailable.md",
      },
    });
    expect(alert(folder, "HeartbeatTargetDown")?.labels).toEqual({
      ...alert(plain, "HeartbeatTargetDown")?.labels,
      team: "platform",
    });
    expect(alert(plain, "HeartbeatWatchdog")).toBeDefined();
    expect(alert(folder, "HeartbeatWatchdog")).toBeUndefined();
    expect(rulesIn(folder)).toHaveLength(rulesIn(plain).length - 1);
    expect(read(folder, "dashboards/overview.json")).toContain(
      "https://wiki.example.com/rb/${__data.fields.alertname}.md",
    );
    for (const name of readdirSync(join(folder.path, "out/rules"))) {
      const comments = (text: string) => text.split("\n").filter((line) => /^\s*#/.test(line));
      const written = comments(read(folder, `rules/${name}`));
      expect(comments(read(plain, `rules/${name}`))).toEqual(expect.arrayContaining(written));
    }
  });

  test.each([
    [
      "an unknown alert",
      "alerts:\n  HeartbeatModelUnavailble: { for: 5m }\n",
      "2:3: alerts.HeartbeatModelUnavailble: got an unknown key, want a known key (did you mean HeartbeatModelUnavailable?)\n",
    ],
    [
      "an invalid duration",
      "alerts: { HeartbeatTargetDown: { for: 5 minutes } }\n",
      '1:39: alerts.HeartbeatTargetDown.for: got "5 minutes", want a duration',
    ],
    [
      "a duration that Prometheus refuses",
      "alerts: { HeartbeatTargetDown: { for: 1.5m } }\n",
      "1:39: alerts.HeartbeatTargetDown.for: got 1.5m, want a duration of Prometheus, without fractions",
    ],
    [
      "an unknown key",
      "alerts: { HeartbeatTargetDown: { severty: info } }\n",
      "want a known key (did you mean severity?)",
    ],
    ["an invalid label name", "labels: { a-b: c }\n", '1:11: labels.a-b: got the key "a-b", want'],
    ["an empty file", "", "1:1: got an empty file, want alerts to override"],
    ["invalid YAML", "alerts: [", "want the same indentation for all keys of a map"],
    ["an unset variable", "labels: { team: '${NO_SUCH}' }\n", "want the environment variable NO_SUCH"],
  ])("rejects overrides with %s and writes nothing", async (_title, text, message) => {
    await using folder = await temporaryFolder();
    const overrides = await folder.write("overrides.yml", text);
    const outcome = writeTo(folder, { overrides, parts: ["dashboards"] });
    expect(outcome.ok).toBe(false);
    expect(outcome.text).toContain(`${overrides}:`);
    expect(outcome.text).toContain(message);
    expect(existsSync(join(folder.path, "out"))).toBe(false);
  });

  test("reports a missing file of overrides", async () => {
    await using folder = await temporaryFolder();
    const overrides = join(folder.path, "nowhere.yml");
    expect(writeTo(folder, { overrides }).text).toMatch(/nowhere\.yml: got .*want a readable YAML file\n$/);
  });

  test("writes only the parts given by --only", async () => {
    await using folder = await temporaryFolder();
    await using run = runMain([
      "pack",
      "--out",
      join(folder.path, "out"),
      "--only",
      "rules",
      "--only=dashboards",
    ]);
    expect(await run.exited).toMatchObject({ code: 0 });
    expect(
      readdirSync(join(folder.path, "out"))
        .filter((name) => !name.startsWith("."))
        .toSorted(),
    ).toEqual(["dashboards", "rules"]);
    await using wrong = runMain(["pack", "--out", folder.path, "--only", "grafana"]);
    expect(await wrong.exited).toMatchObject({ code: 2 });
    expect(wrong.stderr()).toContain('got "grafana", want rules, alertmanager or dashboards');
  });

  test("writes nothing if a file was changed by hand", async () => {
    await using folder = await temporaryFolder();
    const overrides = await folder.write("overrides.yml", OVERRIDES);
    writeTo(folder);
    await folder.write("out/rules/slo.rules.yml", "groups: []\n");
    const before = read(folder, "rules/targets.rules.yml");
    await using run = runMain(["pack", "--out", join(folder.path, "out"), "--overrides", overrides]);
    expect(await run.exited).toMatchObject({ code: 1 });
    expect(run.stderr()).toContain("nothing was written");
    expect(run.stderr()).toContain("/out/rules/slo.rules.yml\n");
    expect(run.stderr()).not.toContain("targets.rules.yml");
    expect(read(folder, "rules/targets.rules.yml")).toBe(before);
    expect(writeTo(folder, { overrides, force: true })).toMatchObject({ ok: true });
    expect(read(folder, "rules/slo.rules.yml")).not.toBe("groups: []\n");
  });

  test("updates its own files and lists those that did not change", async () => {
    await using folder = await temporaryFolder();
    const overrides = await folder.write("overrides.yml", OVERRIDES);
    writeTo(folder);
    expect(writeTo(folder).text).toMatch(/^(unchanged {2}\S+\n)+\d+ files, none changed\n$/);
    expect(writeTo(folder, { overrides }).text).toMatch(/^updated {4}\S+\/rules\/targets\.rules\.yml$/m);
  });

  test("removes files of an earlier version unless they were changed", async () => {
    await using folder = await temporaryFolder();
    writeTo(folder);
    const record = JSON.parse(read(folder, ".heartbeat-exporter-pack.json")) as Record<string, string>;
    const [hash = ""] = [record["rules/slo.rules.yml"]];
    await folder.write("out/rules/old.rules.yml", read(folder, "rules/slo.rules.yml"));
    await folder.write("out/rules/own.rules.yml", "groups: []\n");
    await folder.write(
      "out/.heartbeat-exporter-pack.json",
      JSON.stringify({ ...record, "rules/old.rules.yml": hash }),
    );
    expect(writeTo(folder, { parts: ["dashboards"] }).text).not.toContain("old.rules.yml");
    expect(writeTo(folder).text).toContain("removed    ");
    expect(existsSync(join(folder.path, "out/rules/old.rules.yml"))).toBe(false);
    expect(existsSync(join(folder.path, "out/rules/own.rules.yml"))).toBe(true);
    await folder.write("out/rules/old.rules.yml", "# mine now\n");
    await folder.write(
      "out/.heartbeat-exporter-pack.json",
      JSON.stringify({ ...record, "rules/old.rules.yml": hash }),
    );
    expect(writeTo(folder)).toMatchObject({ ok: false, text: expect.stringContaining("old.rules.yml") });
  });

  test("treats all files as changed by hand if the record is damaged", async () => {
    await using folder = await temporaryFolder();
    writeTo(folder);
    await folder.write("out/.heartbeat-exporter-pack.json", "{ broken");
    await folder.write("out/rules/slo.rules.yml", "groups: []\n");
    expect(writeTo(folder)).toMatchObject({ ok: false, text: expect.stringContaining("slo.rules.yml") });
  });

  test("reports a path that cannot be written", async () => {
    await using folder = await temporaryFolder();
    await folder.write("out", "a file where a folder should be\n");
    const { ok, text } = writeTo(folder);
    expect(ok).toBe(false);
    expect(text).toMatch(/out\/.*: got .+, want (a place that can be written|a file or nothing)\n$/);
  });

  test("requires a folder and explains itself with --help", async () => {
    await using run = runMain(["pack"]);
    expect(await run.exited).toMatchObject({ code: 2 });
    expect(run.stderr()).toContain("--out <folder>");
    await using help = runMain(["pack", "--help"]);
    await help.exited;
    expect(help.stdout()).toContain("HeartbeatModelUnavailable: { for: 5m");
  });
});

const OVERRIDES = `
runbook_url: https://wiki.example.com/rb/
labels: { team: platform }
alerts:
  HeartbeatModelUnavailable:
    for: 7m
    keep_firing_for: 9m
    severity: info
    labels: { team: ai, pager: no }
    annotations: { summary: "No answer from {{ $labels.target }}." }
  HeartbeatWatchdog: { disable: true }
`;

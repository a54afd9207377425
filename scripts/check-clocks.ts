/**
 * Runs the tests under clocks that are set elsewhere: no test may depend on the hour, the date or the time zone in which
 * it happens to run. Needs libfaketime (`apt-get install faketime`). Prints a line per run; exits with 1 when a test fails.
 *
 * `npm run check:clocks` does every run; `npm run check:clocks -- leap` those whose names contain the word.
 *
 * The shift is an offset to the real clock, the same for all processes of a run. libfaketime does not reach Go programs,
 * which ask the kernel without libc: Prometheus, Alertmanager and blackbox_exporter keep the real time. Nor does it reach
 * the modification times of files. Tests in which such a time meets the clock of the exporter are left out ({@link BESIDE}).
 */

import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

interface Run {
  readonly name: string;
  readonly zone: string;
  readonly at: Date;
  /** Test files, by parts of their paths; none: all. */
  readonly files: readonly string[];
}

/** Tests whose counterparts would disagree with the shifted clock. */
const BESIDE: readonly string[] = [
  // Prometheus compares ages of its own samples with times that the exporter reports.
  "test/e2e/pack.test.ts",
  // The same span of time is read from the exporter's history and from Prometheus'.
  "test/e2e/report.test.ts",
];

/** Tests that have to do with times of day, dates, durations or certificates. */
const TIMED: readonly string[] = [
  "test/contract.test.ts",
  "test/core/",
  "test/config/",
  "test/engine/",
  "test/events/",
  "test/failover/",
  "test/groups/",
  "test/heartbeats/",
  "test/leadership/",
  "test/maintenance/",
  "test/metrics/",
  "test/money/",
  "test/notify/",
  "test/probers/",
  "test/report/",
  "test/server/",
  "test/store/",
  "test/cli/",
  "test/e2e/restart",
  "test/e2e/heartbeats",
  "test/e2e/kill",
];

/** The next time that a clock in UTC shows this, at most a day away, so that certificates and Go programs hardly notice. */
function next(time: string): Date {
  const today = new Date(`${new Date().toISOString().slice(0, 10)}T${time}Z`);
  return today.getTime() > Date.now() ? today : new Date(today.getTime() + 86_400_000);
}

const RUNS: readonly Run[] = [
  { name: "03:30, when windows of maintenance are open", zone: "UTC", at: next("03:30:00"), files: [] },
  { name: "half a minute before midnight", zone: "UTC", at: next("23:59:30"), files: TIMED },
  { name: "half a minute before midnight", zone: "Europe/Berlin", at: next("22:59:30"), files: TIMED },
  { name: "half a minute before midnight", zone: "Asia/Kolkata", at: next("18:29:30"), files: TIMED },
  { name: "a leap day", zone: "Asia/Kolkata", at: new Date("2028-02-29T12:00:00Z"), files: TIMED },
  // In Berlin 02:00 becomes 03:00 on 2027-03-28, and 03:00 becomes 02:00 on 2026-10-25, both at 01:00 UTC.
  { name: "spring, 01:59:30", zone: "Europe/Berlin", at: new Date("2027-03-28T00:59:30Z"), files: TIMED },
  { name: "autumn, 01:59:30", zone: "Europe/Berlin", at: new Date("2026-10-24T23:59:30Z"), files: TIMED },
  {
    name: "autumn, the first 02:30",
    zone: "Europe/Berlin",
    at: new Date("2026-10-25T00:30:00Z"),
    files: TIMED,
  },
  { name: "autumn, 02:59:30", zone: "Europe/Berlin", at: new Date("2026-10-25T00:59:30Z"), files: TIMED },
  {
    name: "autumn, the second 02:30",
    zone: "Europe/Berlin",
    at: new Date("2026-10-25T01:30:00Z"),
    files: TIMED,
  },
];

const root = fileURLToPath(new URL("..", import.meta.url));

/** What this needs of vitest's JSON report. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

/** Runs vitest under a shifted clock, with its output on stderr, and returns its report; undefined when it wrote none. */
async function runShifted({ zone, at, files }: Run): Promise<Report | undefined> {
  const folder = mkdtempSync(join(tmpdir(), "check-clocks-"));
  const file = join(folder, "report.json");
  const offset = Math.round((at.getTime() - Date.now()) / 1000);
  const argv = [
    "-f",
    `${offset < 0 ? "" : "+"}${offset}s`,
    process.execPath,
    join(root, "node_modules/vitest/vitest.mjs"),
    "run",
    "--reporter=dot",
    "--reporter=json",
    `--outputFile.json=${file}`,
    ...BESIDE.map((path) => `--exclude=${path}`),
    ...files,
  ];
  // Timers, measured durations and the times of files stay real: only the time of day is another one. Otherwise logrotate would
  // give files shifted times, which the exporter reads unshifted.
  const env = { ...process.env, TZ: zone, FAKETIME_DONT_FAKE_MONOTONIC: "1", NO_FAKE_STAT: "1" };
  const child = spawn("faketime", argv, { cwd: root, env, stdio: ["ignore", 2, 2] });
  await new Promise((resolve, reject) => child.on("close", resolve).on("error", reject));
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Report;
  } catch {
    return undefined;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Names the tests that failed. */
const failuresOf = ({ testResults }: Report): readonly string[] =>
  testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status }) => status === "failed")
      .map(({ fullName }) => `${name.slice(root.length)}: ${fullName}`),
  );

if (spawnSync("faketime", ["--version"]).status !== 0) {
  console.error("check-clocks: NOT DONE, faketime is missing. On Debian: apt-get install faketime");
  process.exit(1);
}
const wanted = process.argv[2] ?? "";
for (const run of RUNS.filter(({ name }) => name.includes(wanted))) {
  const begin = performance.now();
  const report = await runShifted(run);
  const took = `${((performance.now() - begin) / 1000).toFixed(0)} s`;
  const title = `${run.at.toISOString()} ${run.zone} (${run.name})`;
  if (report === undefined) {
    console.log(`${title}: no report`);
    process.exitCode = 1;
    continue;
  }
  console.log(`${title}: ${report.numPassedTests} passed, ${report.numFailedTests} failed (${took})`);
  for (const failure of failuresOf(report)) console.log(`  ${failure}`);
  if (report.numFailedTests > 0 || report.numPassedTests === 0) process.exitCode = 1;
}

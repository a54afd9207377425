/**
 * The last step of `.ci/run`: audits the packages whose code the exporter runs, reads vitest's reports and prints one line with the
 * counts. Usage: `verdict.mjs <exit code of the runs> <JSON report of vitest>...`.
 *
 * Plain JavaScript, because it has to run even when Node.js 24 could not be installed.
 */

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { runtimePackages } from "./runtime-packages.mjs";

const [testStatus = "1", ...reportFiles] = process.argv.slice(2);

/**
 * The part of vitest's JSON report that is read here.
 *
 * @typedef {object} Report
 * @property {number} numPassedTests
 * @property {number} numFailedTests
 * @property {number} numPendingTests
 * @property {number} numTodoTests
 * @property {{ status: string, assertionResults: { status: string }[] }[]} testResults
 */

/**
 * Audits the packages whose code the exporter runs and prints the result. Vulnerabilities of tools, and a registry that offers no
 * audit, do not fail the run.
 */
function auditPasses() {
  const audit = spawnSync("npm", ["audit", "--json"], { encoding: "utf8" });
  /**
   * @type {{ auditReportVersion?: number, vulnerabilities?: Record<string, { severity: string }>, message?: string,
   *   error?: { summary?: string } }}
   */
  let answer;
  try {
    answer = JSON.parse(audit.stdout);
  } catch {
    answer = { message: audit.error?.message ?? audit.stderr.trim() };
  }
  if (answer.auditReportVersion === undefined) {
    const reason = answer.message ?? answer.error?.summary ?? "no answer";
    console.log(`audit: NOT DONE, no report from the package registry: ${reason.replaceAll(/\s+/g, " ")}`);
    return true;
  }
  const runs = new Set(runtimePackages());
  const severe = Object.entries(answer.vulnerabilities ?? {})
    .filter(([name, { severity }]) => runs.has(name) && ["high", "critical"].includes(severity))
    .map(([name]) => name);
  if (severe.length === 0) {
    console.log("audit: no vulnerability of level high or above in what the exporter runs");
    return true;
  }
  spawnSync("npm", ["audit", "--audit-level=high"], { stdio: ["ignore", "inherit", "inherit"] });
  console.log(`audit: FAILED for ${severe.join(", ")}, which the exporter runs`);
  return false;
}

/** Counts results; a file that failed outside its tests counts as one failure. @param {string} file */
function count(file) {
  // Without a report the run stopped before the tests: that counts as one failure.
  if (!existsSync(file)) return { passed: 0, failed: 1, skipped: 0 };
  /** @type {Report} */
  const report = JSON.parse(readFileSync(file, "utf8"));
  const brokenFiles = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === "failed" && assertionResults.every((assertion) => assertion.status !== "failed"),
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + brokenFiles.length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

const testsPass = testStatus === "0";
const audited = auditPasses();
const counts = reportFiles.map(count);
const sum = (/** @type {"passed" | "failed" | "skipped"} */ key) =>
  counts.reduce((total, each) => total + each[key], 0);
const [passed, failed, skipped] = [sum("passed"), sum("failed"), sum("skipped")];
if (skipped > 0) {
  console.log("skipped tests count as failures here: everything that tests need has to be present");
}
if (!testsPass && failed === 0) {
  console.log(`the tests ended with exit code ${testStatus} though no test failed: see above`);
}
process.exitCode = testsPass && audited && failed === 0 && skipped === 0 ? 0 : 1;
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);

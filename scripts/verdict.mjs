/**
 * The last step of `.ci/run`: audits the packages whose code the exporter runs, reads vitest's reports and prints a line for each test
 * that failed, was skipped or passed at the second try, and one with the counts. Usage: `verdict.mjs <exit code of the runs> <JSON report of vitest>...`.
 *
 * Plain JavaScript, because it has to run even when Node.js 24 could not be installed.
 */

import { spawnSync } from "node:child_process";
import { runtimePackages } from "./runtime-packages.mjs";
import { summaryOf } from "./test-report.mjs";

const [testStatus = "1", ...reportFiles] = process.argv.slice(2);

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

const testsPass = testStatus === "0";
const audited = auditPasses();
const summaries = reportFiles.map(summaryOf);
const sum = (/** @type {"passed" | "failed" | "skipped"} */ key) =>
  summaries.reduce((total, each) => total + each[key], 0);
const [passed, failed, skipped] = [sum("passed"), sum("failed"), sum("skipped")];
for (const failure of summaries.flatMap(({ failures }) => failures)) console.log(failure);
if (skipped > 0) {
  console.log("skipped tests count as failures here: everything that tests need has to be present");
}
if (!testsPass && failed === 0) {
  console.log(`the tests ended with exit code ${testStatus} though no test failed: see above`);
}
process.exitCode = testsPass && audited && failed === 0 && skipped === 0 ? 0 : 1;
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);

/**
 * Reads the JSON reports of vitest. Plain JavaScript, because `.ci/run` needs it even when Node.js 24 could not be installed.
 */

import { existsSync, readFileSync } from "node:fs";
import { relative } from "node:path";

/**
 * The part of a JSON report of vitest that is read here.
 *
 * @typedef {object} Report
 * @property {number} numPassedTests
 * @property {number} numFailedTests
 * @property {number} numPendingTests
 * @property {number} numTodoTests
 * @property {{ name: string, status: string, message: string, assertionResults: TestResult[] }[]} testResults
 */

/**
 * A test in a report. One that passed at the second try keeps the messages of the first.
 *
 * @typedef {{ fullName: string, status: string, failureMessages: string[] }} TestResult
 */

/**
 * The counts of a report, and a line about each test that failed at least once or was skipped.
 *
 * @typedef {{ passed: number, failed: number, skipped: number, failures: string[] }} Summary
 */

/**
 * Summarizes a report; a file that failed outside its tests counts as one failure, as does a report that does not exist.
 *
 * @param {string} file
 * @returns {Summary}
 */
export function summaryOf(file) {
  if (!existsSync(file)) {
    return { passed: 0, failed: 1, skipped: 0, failures: ["FAILED: a run that stopped before its tests"] };
  }
  /** @type {Report} */
  const report = JSON.parse(readFileSync(file, "utf8"));
  const broken = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === "failed" && assertionResults.every((test) => test.status !== "failed"),
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken.length,
    skipped: report.numPendingTests + report.numTodoTests,
    failures: [
      ...broken.map(({ name, message }) => lineOf("FAILED", name, "", message)),
      ...report.testResults.flatMap(({ name, assertionResults }) =>
        assertionResults
          .filter(({ status, failureMessages }) => status !== "passed" || failureMessages.length > 0)
          .map(({ fullName, status, failureMessages: [message = ""] }) =>
            lineOf(STATUSES[status] ?? "SKIPPED", name, ` > ${fullName}`, message),
          ),
      ),
    ],
  };
}

/** @type {Readonly<Record<string, string>>} */
const STATUSES = { failed: "FAILED", passed: "PASSED AT THE SECOND TRY" };

/** @param {string} status @param {string} file @param {string} test @param {string} message */
const lineOf = (status, file, test, message) =>
  `${status}: ${relative("", file)}${test}${message === "" ? "" : `: ${message.split("\n", 1)[0]}`}`;

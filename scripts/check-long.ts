/**
 * Runs the tests that take too long for `npm test` (`LONG` in vitest.config.ts): `npm run check:long`. Arguments are passed on
 * to vitest.
 */

import { runTests } from "./run-tests.ts";

process.exitCode = await runTests("TEST_LONG");

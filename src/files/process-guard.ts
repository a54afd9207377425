import { randomFill as randomFillOf } from "node:crypto";
import { realpath } from "node:fs/promises";
import { promisify } from "node:util";
import { systemClock } from "../core/clock.ts";
import { createFileGuard } from "./guard.ts";
import { mountTable } from "./mounts.ts";
import { poolThreads } from "./pool.ts";

const randomFill = promisify<Uint8Array, Uint8Array>(randomFillOf);

/** The guard of this process, whose threads are shared by everything in it. */
export const processGuard = createFileGuard({
  clock: systemClock,
  threads: poolThreads,
  poolAnswers: () => randomFill(new Uint8Array(1)),
  mountOf: mountTable(systemClock),
  realPath: realpath,
});

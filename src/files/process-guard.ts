import { realpath } from "node:fs/promises";
import { systemClock } from "../core/clock.ts";
import { createFileGuard } from "./guard.ts";
import { mountTable } from "./mounts.ts";
import { poolThreads } from "./pool.ts";

/** The guard of this process, whose threads are shared by everything in it. */
export const processGuard = createFileGuard({
  clock: systemClock,
  threads: poolThreads,
  mountOf: mountTable(systemClock),
  realPath: realpath,
});

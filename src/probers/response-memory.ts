import { createByteBudget } from "../core/byte-budget.ts";

/** Bytes of answers in memory without `limits.response_memory`. */
export const DEFAULT_RESPONSE_MEMORY = 32 * 2 ** 20;

/**
 * The memory for answers that probes keep until they are judged. One for the process, whose memory it is; the configuration
 * sets its size.
 */
export const responseMemory = createByteBudget(DEFAULT_RESPONSE_MEMORY);

/** The failure of a probe that could not go on reading. The reason is `queue_timeout`: the exporter is to blame, not the target. */
export const NO_ROOM =
  "other answers took up limits.response_memory until the deadline, so that this one could not be read";

import { type Seconds, seconds } from "../../src/core/units.ts";

/**
 * Starts to count the processor time of this process. Unlike time on the wall it does not grow while other programs have
 * the processor, so that a limit holds on a busy machine, too.
 *
 * @returns a function that returns the time used since
 */
export function countCpuTime(): () => Seconds {
  const begin = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(begin);
    return seconds((user + system) / 1e6);
  };
}

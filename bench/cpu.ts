import { readFileSync, writeFileSync } from "node:fs";

/**
 * User and system time that a process has used so far, in seconds. Linux only: read from /proc.
 * @param of the process itself, or those of its children that have ended
 */
export function cpuSeconds(pid: number, of: "itself" | "ended children" = "itself"): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The second field is the name in parentheses, which may hold blanks.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const first = of === "itself" ? 11 : 13;
  const ticks = Number(fields[first]) + Number(fields[first + 1]);
  return ticks / TICKS_PER_SECOND;
}

/** `sysconf(_SC_CLK_TCK)`, which is 100 on every Linux that Node.js runs on. */
const TICKS_PER_SECOND = 100;

/** Memory of a process that is in RAM, in MiB. */
export function rssMib(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

/** Most memory that a process has had in RAM since the last call, in MiB. */
export function peakMib(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

/**
 * Preloaded into an exporter (`node --import`): on SIGUSR2, writes into the file of the variable LOOP_GAP the longest time
 * for which its event loop stood still since the last signal, and the most CPU time that its main thread used in such a
 * gap, in milliseconds. On a busy machine the first also counts the time for which other processes ran.
 */
import { writeFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

const file = process.env["LOOP_GAP"];
if (isMainThread && file !== undefined) {
  const read = (): { at: number; cpu: number } => {
    const { user, system } = process.threadCpuUsage();
    return { at: performance.now(), cpu: (user + system) / 1000 };
  };
  let last = read();
  let most = { gap: 0, cpu: 0 };
  setInterval(() => {
    const now = read();
    most = { gap: Math.max(most.gap, now.at - last.at), cpu: Math.max(most.cpu, now.cpu - last.cpu) };
    last = now;
  }, 1).unref();
  process.on("SIGUSR2", () => {
    writeFileSync(file, JSON.stringify(most));
    most = { gap: 0, cpu: 0 };
  });
}

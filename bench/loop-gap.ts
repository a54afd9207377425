/**
 * Loaded into an exporter with `--import`: prints the largest gap of its event loop since the last time, in milliseconds, on
 * SIGUSR2. A gap is the CPU time that the main thread takes between two runs of a timer of 1 ms, so that the gaps of a busy
 * machine do not count.
 */
const cpuMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};

let last = cpuMs();
let largest = 0;
const tick = (): void => {
  const now = cpuMs();
  largest = Math.max(largest, now - last);
  last = now;
};
setInterval(tick, 1).unref();
process.on("SIGUSR2", () => {
  tick();
  process.stderr.write(`loop gap ${largest.toFixed(1)} ms\n`);
  largest = 0;
});

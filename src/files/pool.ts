/**
 * Threads in which operations on files, compression and cryptography run; Node.js has four by default. A thread costs 8 KB
 * until it runs, and is started with the first operation. Those that hang in a dead mount are lost for the rest.
 */
const THREADS = 32;

/**
 * Number of threads of this process. It is set here unless `UV_THREADPOOL_SIZE` has it, which only works before the first
 * operation: main.ts imports this file before all others.
 */
export const poolThreads = (() => {
  // oxlint-disable-next-line node/no-process-env -- the variable is an interface to libuv
  const { env } = process;
  env["UV_THREADPOOL_SIZE"] ??= String(THREADS);
  // As in libuv, which takes a text that is no number as 0 and uses one thread then.
  return Math.min(Math.max(Number.parseInt(env["UV_THREADPOOL_SIZE"], 10) || 1, 1), 1024);
})();

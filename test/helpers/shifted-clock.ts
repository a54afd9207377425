/**
 * Preloaded into an exporter (`node --import`): its wall clock differs from that of the machine by the seconds in the file of the
 * variable CLOCK_SHIFT, as if the clock of the machine had been set. The test may write the file at any time.
 */
import { readFileSync } from "node:fs";

const file = process.env["CLOCK_SHIFT"];
if (file !== undefined) {
  const RealDate = Date;
  const realNow = Date.now;
  let shift = 0;
  let read = Number.NEGATIVE_INFINITY;
  const now = (): number => {
    if (performance.now() - read > 100) {
      read = performance.now();
      const written = Number(readFileSync(file, "utf8"));
      if (Number.isFinite(written)) shift = written * 1000;
    }
    return realNow() + shift;
  };
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args: [], newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget) as Date,
    apply: () => new RealDate(now()).toString(),
    get: (target, key, receiver) => (key === "now" ? now : (Reflect.get(target, key, receiver) as unknown)),
  });
}

import type { Clock } from "../../src/core/clock.ts";
import { systemClock } from "../../src/core/clock.ts";
import type { Log } from "../../src/core/log.ts";
import { seconds } from "../../src/core/units.ts";
import type { Bounds } from "../../src/store/protocol.ts";
import { openStore, type Store } from "../../src/store/store.ts";

/** A store in the test's own process, with its log. */
export interface OpenStore extends AsyncDisposable {
  readonly store: Store;
  readonly logged: readonly { level: string; message: string; fields: object }[];
}

/** The default bounds: seven days and 512 MiB. */
export const BOUNDS: Bounds = { retention: 7 * 86_400, maxSize: 512 * 2 ** 20 };

/** Opens the store at `path`; `await using` closes it, even a broken one. */
export async function openTestStore(
  path: string,
  {
    clock = systemClock,
    bounds = BOUNDS,
    patience = 0,
  }: { clock?: Clock; bounds?: Bounds; patience?: number } = {},
): Promise<OpenStore> {
  const logged: { level: string; message: string; fields: object }[] = [];
  const at = (level: string) => (fields: object, message: string) =>
    void logged.push({ level, message, fields });
  const log: Log = { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
  const store = await openStore({ path, bounds, clock, log, patience: seconds(patience) });
  return {
    store,
    logged,
    [Symbol.asyncDispose]: () => store.close().catch(() => {}),
  };
}

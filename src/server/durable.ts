import type { Response } from "express";
import type { RouteContext } from "./route-context.ts";

/**
 * Header of answers to requests that change something: `true` once the change is in the store, so that the exporter does not lose it
 * however its process ends, `false` if it is only in memory.
 */
export const DURABLE = "Durable";

/**
 * Holds back the answer of a request that changes something until the change is in the store, and says in a header whether it
 * is. A change that cannot be stored takes effect all the same, so it is no error. Refusals are sent at once.
 * @param beforeEnd runs when the answer is complete; what it changes is stored with the rest
 */
export function answerWhenDurable({ settle }: RouteContext, res: Response, beforeEnd = () => {}): void {
  const end = res.end.bind(res) as (...args: unknown[]) => Response;
  const endSettled = async (args: readonly unknown[]): Promise<void> => {
    res.setHeader(DURABLE, String(await settle()));
    end(...args);
  };
  const endDurably = (...args: unknown[]): Response => {
    res.end = end;
    beforeEnd();
    if (res.statusCode >= 400 || res.headersSent) return end(...args);
    void endSettled(args);
    return res;
  };
  res.end = endDurably;
}

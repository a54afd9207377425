import type { Request, Response } from "express";
import { DURATION_FORM, parseDuration, type Seconds, seconds } from "../../core/units.ts";
import { refuseJson } from "../refuse.ts";
import { queryOf } from "../request.ts";
import type { RouteContext } from "../route-context.ts";

const DEFAULTS = { window: seconds(7 * 86_400), response_time: seconds(2), mttr: seconds(1800) } as const;
const AVAILABILITY = 0.999;

/** Longest window; no history is longer. */
const LONGEST_WINDOW = seconds(10 * 365 * 86_400);

/**
 * `GET /api/v1/report[?window=&availability=&response_time=&mttr=]`: uptime, response times, alerts and objectives of a
 * window that ends now.
 */
export const summaryRoute =
  ({ report }: RouteContext) =>
  async (req: Request, res: Response): Promise<void> => {
    const query = queryOf(req);
    const lengths = new Map<string, Seconds>();
    for (const [name, fallback] of Object.entries(DEFAULTS)) {
      const text = query.get(name);
      const length = text === null ? fallback : parseDuration(text);
      if (length === undefined || !(length > 0) || length > LONGEST_WINDOW) {
        return refuseJson(res, 400, `${name}: got ${JSON.stringify(text)}, want ${DURATION_FORM}`);
      }
      lengths.set(name, length);
    }
    const share = query.get("availability") ?? String(AVAILABILITY);
    const availability = /^[01](\.\d+)?$/.test(share) ? Number(share) : Number.NaN;
    if (!(availability > 0 && availability <= 1)) {
      return refuseJson(res, 400, `availability: got ${JSON.stringify(share)}, want a share such as 0.999`);
    }
    const of = (name: keyof typeof DEFAULTS): Seconds => lengths.get(name) ?? DEFAULTS[name];
    const objectives = { availability, p95: of("response_time"), mttr: of("mttr") };
    res.json(await report(of("window"), objectives));
  };

/** `GET /api/v1/dashboard`: counts of targets by status, and the status of each. */
export const dashboardRoute =
  ({ dashboard }: RouteContext) =>
  async (_req: Request, res: Response): Promise<void> => {
    res.json(await dashboard());
  };

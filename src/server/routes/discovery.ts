import type { Request, Response } from "express";
import { redactAddress } from "../../core/secret.ts";
import type { Target } from "../../core/target.ts";
import type { RouteContext } from "../deps.ts";

/** One entry of Prometheus' HTTP service discovery. */
interface TargetGroup {
  readonly targets: readonly [string];
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * `/sd`: Prometheus' HTTP service discovery of the configured targets. Each is scraped through `/probe` without any
 * relabelling: path, parameters, interval and `instance` (the address of the target, without a password) come
 * with it.
 */
export const discoveryRoute =
  ({ current, externalUrl, routePrefix }: RouteContext) =>
  (req: Request, res: Response): void => {
    const base = externalUrl ?? new URL(`${req.protocol}://${req.get("Host") ?? "localhost"}${routePrefix}`);
    res.json([...current().targets.values()].map((target) => targetGroup(target, base)));
  };

function targetGroup(target: Target, base: URL): TargetGroup {
  const { name, module, address, interval } = target;
  return {
    targets: [base.host],
    labels: {
      ...target.labels,
      __scheme__: base.protocol.slice(0, -1),
      __metrics_path__: `${base.pathname.replace(/\/$/, "")}/probe`,
      __param_target: name,
      __param_module: module.name,
      __scrape_interval__: `${Math.ceil(interval * 1000)}ms`,
      __scrape_timeout__: `${Math.ceil(scrapeTimeout(target) * 1000)}ms`,
      instance: redactAddress(address),
      target: name,
      module: module.name,
    },
  };
}

/** As long as a probe may take and the answer needs to travel, but Prometheus refuses more than the interval. */
function scrapeTimeout({ module, interval }: Target): number {
  return Math.min(interval, (module.timeout ?? 10) + 1);
}

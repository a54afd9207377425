import type { Request, Response } from "express";
import { redactAddress } from "../../core/secret.ts";
import type { Target } from "../../core/target.ts";
import { sendJson } from "../compress.ts";
import { baseOf } from "../request.ts";
import type { RouteContext } from "../route-context.ts";

/** A target group of Prometheus' HTTP service discovery. */
interface TargetGroup {
  readonly targets: readonly [string];
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * `GET /sd`: Prometheus' HTTP service discovery of the configured targets. Each is scraped through `/probe` without any
 * relabelling: its labels contain path, parameters, interval, timeout and `instance` (the address of the target without
 * its password).
 */
export const discoveryRoute =
  (context: RouteContext) =>
  async (req: Request, res: Response): Promise<void> => {
    const base = baseOf(req, context);
    const groups = [...context.config().targets.values()].map((target) => targetGroup(target, base));
    await sendJson(req, res, groups);
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

/** The timeout of a probe plus a second for the response. Prometheus rejects a timeout above the interval. */
function scrapeTimeout({ module, interval }: Target): number {
  return Math.min(interval, (module.timeout ?? 10) + 1);
}

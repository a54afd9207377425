import type { Request, Response } from "express";
import type { RouteContext } from "../deps.ts";
import { refuse } from "../refuse.ts";

/** `/-/healthy`: the exporter runs. It says nothing of the targets. */
export const healthyRoute = (_req: Request, res: Response): void => {
  res.type("text/plain").send("Healthy\n");
};

/** `/-/ready`: requests may be sent here; not while shutting down. */
export const readyRoute =
  ({ ready }: RouteContext) =>
  (_req: Request, res: Response): void => {
    if (ready()) res.type("text/plain").send("Ready\n");
    else refuse(res, 503, "Not ready: shutting down");
  };

/** `POST /-/reload`: loads the configuration anew; a bad one is answered with what is wrong and changes nothing. */
export const reloadRoute =
  ({ reload }: RouteContext) =>
  async (_req: Request, res: Response): Promise<void> => {
    try {
      await reload();
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      return refuse(res, 500, `the old configuration stays in use, the new one has problems:\n${text}`);
    }
    res.type("text/plain").send("Reloaded\n");
  };

/** `/config`: the configuration in use, without its secrets. */
export const configRoute =
  ({ current }: RouteContext) =>
  (_req: Request, res: Response): void => {
    res.type("text/plain").send(current().redacted);
  };

import type { Request, Response } from "express";
import { refuse } from "../refuse.ts";
import type { RouteContext } from "../route-context.ts";

/** `GET /-/healthy`: always 200; says nothing about the targets. */
export const healthyRoute =
  () =>
  (_req: Request, res: Response): void => {
    res.type("text/plain").send("Healthy\n");
  };

/** `GET /-/ready`: 503 while shutting down. */
export const readyRoute =
  ({ ready }: RouteContext) =>
  (_req: Request, res: Response): void => {
    if (ready()) res.type("text/plain").send("Ready\n");
    else refuse(res, 503, "Not ready: shutting down");
  };

/** `POST /-/reload`: reloads the configuration. A bad one changes nothing; the answer lists its problems. */
export const reloadRoute =
  ({ reload }: RouteContext) =>
  async (_req: Request, res: Response): Promise<void> => {
    try {
      await reload();
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      return refuse(res, 500, `the new configuration has problems, the old one stays in use:\n${text}`);
    }
    res.type("text/plain").send("Reloaded\n");
  };

/** `GET /config`: the configuration in use, without its secrets. */
export const configRoute =
  ({ config }: RouteContext) =>
  async (_req: Request, res: Response): Promise<void> => {
    res.type("text/plain").send(await config().redacted());
  };

import type { Request, Response } from "express";
import { sendCacheable } from "../cacheable.ts";
import { openApiDocument } from "../openapi/document.ts";
import type { RouteContext } from "../route-context.ts";

/** Seconds for which clients may keep the description. */
const MAX_AGE = 300;

/** `GET /api/openapi.json`: the description of the API by OpenAPI 3.1. */
export const openApiRoute = ({ version, externalUrl, routePrefix }: RouteContext) => {
  const server = externalUrl?.href.replace(/\/+$/, "") ?? (routePrefix === "" ? "/" : routePrefix);
  const text = `${JSON.stringify(openApiDocument(version, server))}\n`;
  return (req: Request, res: Response): Promise<void> =>
    sendCacheable(req, res, {
      type: "application/json; charset=utf-8",
      text,
      maxAge: MAX_AGE,
      isPublic: true,
    });
};

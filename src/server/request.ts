import type { Request } from "express";

/** Returns the query parameters of a request. Express' own parser would turn `a[]=1` and repeated names into objects. */
export function queryOf(req: Request): URLSearchParams {
  return new URL(req.url, "http://localhost").searchParams;
}

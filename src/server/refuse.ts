import type { Response } from "express";

/** Answers a request that cannot be served, with the text that the user sees. */
export function refuse(res: Response, status: number, text: string): void {
  res.status(status).type("text/plain").send(`${text}\n`);
}

/** The same for the routes that speak JSON. */
export function refuseJson(res: Response, status: number, error: string): void {
  res.status(status).json({ error });
}

import type { Response } from "express";

/** Answers with an error as plain text. */
export function refuse(res: Response, status: number, text: string): void {
  res.status(status).type("text/plain").send(`${text}\n`);
}

/** Answers with an error as JSON, on routes that return JSON. */
export function refuseJson(res: Response, status: number, error: string): void {
  res.status(status).json({ error });
}

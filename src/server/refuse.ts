import type { ServerResponse } from "node:http";
import type { Response } from "express";

/** Answers with an error as plain text. */
export function refuse(res: ServerResponse, status: number, text: string): void {
  const body = Buffer.from(`${text}\n`);
  res.statusCode = status;
  res
    .setHeader("Content-Type", "text/plain; charset=utf-8")
    // Node.js would leave it out of the answer to HEAD.
    .setHeader("Content-Length", body.length)
    .end(body);
}

/** Answers with an error as JSON, on routes that return JSON. */
export function refuseJson(res: Response, status: number, error: string): void {
  res.status(status).json({ error });
}

import { createHash } from "node:crypto";
import type { Request, Response } from "express";
import { sendText } from "./compress.ts";

/** A text that clients may keep. */
export interface CacheableText {
  readonly type: string;
  readonly text: string;
  /** Seconds for which it may be shown without asking again. */
  readonly maxAge: number;
  /** True if it is for everybody who can reach the exporter, so that proxies may keep it. */
  readonly isPublic?: boolean;
  readonly status?: number;
}

/** Answers with a text that clients and proxies may keep: 304 if the client has it already. */
export async function sendCacheable(
  req: Request,
  res: Response,
  { type, text, maxAge, isPublic = false, status = 200 }: CacheableText,
): Promise<void> {
  const etag = `"${createHash("sha256").update(text).digest("base64url").slice(0, 22)}"`;
  res.set({
    ETag: etag,
    "Cache-Control": `${isPublic ? "public" : "private"}, max-age=${maxAge}`,
    "Content-Type": type,
  });
  res.vary("Accept");
  if (req.get("If-None-Match")?.includes(etag) === true) return void res.status(304).end();
  res.status(status);
  await sendText(req, res, text);
}

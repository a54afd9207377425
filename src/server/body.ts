import type { Request } from "express";

/** What a request brings with it, read no further than is needed to know that there is too much of it. */
export type Body =
  | { readonly kind: "whole"; readonly bytes: Buffer }
  | { readonly kind: "too_long"; readonly limit: number };

/** @param limit the longest body that is taken, in bytes */
export async function readBody(req: Request, limit: number): Promise<Body> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of req.iterator({ destroyOnReturn: false })) {
    const bytes = chunk as Buffer;
    length += bytes.length;
    if (length > limit) return { kind: "too_long", limit };
    chunks.push(bytes);
  }
  return { kind: "whole", bytes: Buffer.concat(chunks) };
}

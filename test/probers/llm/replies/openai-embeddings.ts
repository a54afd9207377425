import { json } from "../support.ts";
import { type Case } from "./case.ts";

const vector = (embedding: unknown): object => ({ object: "list", data: [{ embedding }], model: "m" });
const dimensions = { expect: { dimensions: 2 } };
/** Replies of OpenAI's embeddings. */
export const embeddingsReplies: readonly Case[] = [
  { name: "a vector", reply: json(vector([1, 2])), options: dimensions, reason: "ok", answered: true },
  { name: "a vector of any length", reply: json(vector([1, 2, 3])), reason: "ok", answered: true },
  {
    name: "a vector of a different length",
    reply: json(vector([1])),
    options: dimensions,
    reason: "content_mismatch",
    answered: true,
  },
  { name: "a vector of zeros", reply: json(vector([0, -0])), reason: "content_mismatch", answered: true },
  {
    name: "an element that is not a number",
    reply: json(vector([1, null])),
    reason: "content_mismatch",
    answered: true,
  },
  {
    name: "an infinite element",
    reply: json('{"data":[{"embedding":[1e999,1]}]}'),
    reason: "content_mismatch",
    answered: true,
  },
  { name: "an empty vector", reply: json(vector([])), reason: "empty", answered: false },
  { name: "base64", reply: json(vector("AACAPw==")), reason: "malformed", answered: false },
  {
    name: "an error in HTTP 200",
    reply: json({ error: { message: "x", code: 404 } }),
    reason: "model_not_found",
    answered: false,
  },
  { name: "401", reply: json({ error: { code: "invalid_api_key" } }, 401), reason: "auth", answered: false },
  { name: "429", reply: json({ error: { message: "x" } }, 429), reason: "rate_limited", answered: false },
  {
    name: "503 loading",
    reply: json({ error: { type: "unavailable_error" } }, 503),
    reason: "loading",
    answered: false,
  },
  {
    name: "a vector that is cut off",
    reply: json('{"data":[{"embedding":[1,'),
    reason: "malformed",
    answered: false,
  },
];

import { events, json, streamed } from "../support.ts";
import { type Case, WHOLE } from "./case.ts";

const token = (text: string, more: object = {}): object => ({
  token: { text, special: false },
  generated_text: null,
  ...more,
});
const tgiEnd = (finish_reason: string): object =>
  token("</s>", { token: { text: "</s>", special: true }, generated_text: "x", details: { finish_reason } });
/** Replies of text-generation-inference. */
export const tgiReplies: readonly Case[] = [
  {
    name: "a model that Hugging Face is loading",
    reply: json({ error: "Model gpt2 is currently loading", estimated_time: 20.5 }, 503),
    reason: "loading",
    answered: false,
  },
  {
    name: "healthy",
    reply: streamed(events(token("HEALTHY"), tgiEnd("eos_token"))),
    reason: "ok",
    answered: true,
  },
  {
    name: "unhealthy",
    reply: json({ generated_text: "UNHEALTHY" }),
    options: WHOLE,
    reason: "content_mismatch",
    answered: true,
  },
  {
    name: "too long",
    reply: streamed(events(token("Well"), tgiEnd("length"))),
    reason: "truncated",
    answered: true,
  },
  { name: "empty", reply: json({ generated_text: "" }), options: WHOLE, reason: "empty", answered: false },
  {
    name: "an array of one",
    reply: json([{ generated_text: "HEALTHY" }]),
    options: WHOLE,
    reason: "ok",
    answered: true,
  },
  {
    name: "an error inside a stream",
    reply: streamed(events(token("HEAL"), { error: "CUDA out of memory", error_type: "generation" })),
    reason: "server_error",
    answered: false,
  },
  { name: "401", reply: json({ error: "no" }, 401), reason: "auth", answered: false },
  { name: "402", reply: json({ error: "no" }, 402), reason: "billing", answered: false },
  { name: "404", reply: json({ error: "no" }, 404), reason: "model_not_found", answered: false },
  {
    name: "422",
    reply: json({ error: "x", error_type: "validation" }, 422),
    reason: "bad_request",
    answered: false,
  },
  {
    name: "424",
    reply: json({ error: "x", error_type: "generation" }, 424),
    reason: "server_error",
    answered: false,
  },
  // TGI sends 429 if its queue is full.
  {
    name: "429",
    reply: json({ error: "Model is overloaded", error_type: "overloaded" }, 429),
    reason: "overloaded",
    answered: false,
  },
  {
    name: "500",
    reply: json({ error: "x", error_type: "incomplete_generation" }, 500),
    reason: "server_error",
    answered: false,
  },
  { name: "503", reply: json({ error: "x" }, 503), reason: "overloaded", answered: false },
  { name: "malformed", reply: json("{oops"), reason: "malformed", answered: false },
  { name: "cut stream", reply: streamed(events(token("HEALTHY"))), reason: "stream_error", answered: false },
];

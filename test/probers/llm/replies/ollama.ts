import { lines } from "../recordings/recording.ts";
import { json, streamed } from "../support.ts";
import { type Case, WHOLE } from "./case.ts";

const line = (content: string, more: object = {}): object => ({
  message: { role: "assistant", content },
  done: false,
  ...more,
});
/** Replies of Ollama. */
export const ollamaReplies: readonly Case[] = [
  {
    name: "an error as the last line",
    reply: streamed(lines(line("HEAL"), { error: "an error was encountered while running the model" })),
    reason: "stream_error",
    answered: false,
  },
  {
    name: "an error in a whole answer",
    reply: json({ error: "model runner has unexpectedly stopped" }),
    options: WHOLE,
    reason: "server_error",
    answered: false,
  },
  {
    name: "an error with a status",
    reply: streamed(lines({ error: "too many", status_code: 429 })),
    reason: "rate_limited",
    answered: false,
  },
  {
    name: "too long",
    reply: streamed(lines(line("Well, "), line("", { done: true, done_reason: "length" }))),
    reason: "truncated",
    answered: true,
  },
  {
    name: "reasoning that used up all tokens",
    reply: streamed(
      lines(line("", { message: { thinking: "Hm" } }), line("", { done: true, done_reason: "length" })),
    ),
    reason: "truncated",
    answered: true,
  },
  {
    name: "no finish reason, as from old versions",
    reply: streamed(lines(line("HEALTHY"), line("", { done: true }))),
    reason: "ok",
    answered: true,
  },
  {
    name: "a last line without a newline",
    reply: streamed(lines(line("HEALTHY"), line("", { done: true })).trimEnd()),
    reason: "ok",
    answered: true,
  },
  { name: "HTML", reply: json("<html>welcome</html>"), reason: "malformed", answered: false },
  { name: "JSON of another service", reply: json({ status: "ok" }), reason: "malformed", answered: false },
  {
    name: "a model that was only loaded",
    reply: streamed(lines(line("", { done: true, done_reason: "load" }))),
    reason: "empty",
    answered: false,
  },
];

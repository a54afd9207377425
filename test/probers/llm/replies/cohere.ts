import { named } from "../recordings/recording.ts";
import { events, json, streamed } from "../support.ts";
import { type Case, WHOLE } from "./case.ts";

const cohereDelta = (content: object) => ({
  type: "content-delta",
  index: 0,
  delta: { message: { content } },
});
/** Replies of Cohere. */
export const cohereReplies: readonly Case[] = [
  {
    name: "an error inside a stream",
    reply: streamed(
      named(cohereDelta({ text: "HEAL" }), {
        type: "message-end",
        delta: { finish_reason: "ERROR", error: "boom" },
      }),
    ),
    reason: "stream_error",
    answered: false,
  },
  {
    name: "an error without an event name",
    reply: streamed(events({ message: "internal error" })),
    reason: "stream_error",
    answered: false,
  },
  {
    name: "reasoning that used up all tokens",
    reply: streamed(
      named(cohereDelta({ thinking: "Hm" }), { type: "message-end", delta: { finish_reason: "MAX_TOKENS" } }),
    ),
    reason: "truncated",
    answered: true,
  },
  {
    name: "a toxic answer",
    reply: json({ message: { content: [{ type: "text", text: "x" }] }, finish_reason: "ERROR_TOXIC" }),
    options: WHOLE,
    reason: "refused",
    answered: true,
  },
  {
    name: "a toxic prompt",
    reply: json({ message: { content: [] }, finish_reason: "ERROR_TOXIC" }),
    options: WHOLE,
    reason: "refused",
    answered: undefined,
  },
  {
    name: "a blocked prompt",
    reply: json({ message: "blocked input" }, 498),
    reason: "refused",
    answered: undefined,
  },
  { name: "JSON of another service", reply: json({ status: "ok" }), reason: "malformed", answered: false },
];

import { completion, delta, events, json, streamed } from "../support.ts";
import { type Case, WHOLE } from "./case.ts";

const providerError = (code: number | string): object => ({
  id: "gen-1",
  choices: [
    {
      index: 0,
      message: { role: "assistant", content: "HEAL" },
      finish_reason: "error",
      error: { code, message: "Provider returned error", metadata: { provider_name: "x" } },
    },
  ],
});

/** Replies of OpenAI and of compatible servers. */
export const openaiReplies: readonly Case[] = [
  {
    name: "OpenRouter: an error of the provider inside a whole answer",
    reply: json(providerError(429)),
    options: WHOLE,
    reason: "rate_limited",
    answered: false,
  },
  {
    name: "OpenRouter: a failure of the provider inside a whole answer",
    reply: json(providerError(502)),
    options: WHOLE,
    reason: "server_error",
    answered: false,
  },
  {
    name: "OpenRouter: credits that ran out in the middle of a stream",
    reply: streamed(
      events(delta({ content: "HEAL" }), {
        choices: [
          { index: 0, delta: {}, finish_reason: "error", error: { code: 402, message: "no credits" } },
        ],
      }),
    ),
    reason: "billing",
    answered: false,
  },
  {
    name: "OpenRouter: an error of the provider by its name",
    reply: json(providerError("insufficient_quota")),
    options: WHOLE,
    reason: "billing",
    answered: false,
  },
  {
    name: "OpenRouter: a prompt that its moderation refused",
    reply: json(
      {
        error: {
          code: 403,
          message: "requires moderation",
          metadata: { reasons: ["hate"], flagged_input: "System ...", provider_name: "x", model_slug: "y" },
        },
      },
      403,
    ),
    reason: "refused",
    answered: undefined,
  },
  {
    name: "a choice whose error is null",
    reply: json({ choices: [{ message: { content: "HEALTHY" }, finish_reason: "stop", error: null }] }),
    options: WHOLE,
    reason: "ok",
    answered: true,
  },
  {
    name: "Hugging Face: a model that is being loaded",
    reply: json({ error: "Model x is currently loading", estimated_time: 20 }, 503),
    reason: "loading",
    answered: false,
  },
  {
    name: "an answer that was filtered before its first word",
    reply: json(completion("", "content_filter")),
    options: WHOLE,
    reason: "refused",
    answered: true,
  },
  {
    name: "a filter without an answer or tokens",
    reply: streamed(events(delta({}, "content_filter"), "[DONE]")),
    reason: "refused",
    answered: undefined,
  },
  {
    name: "an empty list of choices without the results of a filter",
    reply: json({ choices: [] }),
    options: WHOLE,
    reason: "malformed",
    answered: false,
  },
];

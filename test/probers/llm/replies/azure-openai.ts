import { delta, events, json, streamed } from "../support.ts";
import { type Case, WHOLE } from "./case.ts";

const FILTERED = [
  { prompt_index: 0, content_filter_results: { hate: { filtered: true, severity: "high" }, sexual: {} } },
];
/** Replies of Azure OpenAI. */
export const azureReplies: readonly Case[] = [
  {
    name: "a prompt that was filtered",
    reply: json({ error: { code: "content_filter", status: 400, message: "x" } }, 400),
    reason: "refused",
    answered: undefined,
  },
  {
    name: "a prompt that was filtered, by the code of the inner error",
    reply: json(
      { error: { code: "BadRequest", message: "x", innererror: { code: "ResponsibleAIPolicyViolation" } } },
      400,
    ),
    reason: "refused",
    answered: undefined,
  },
  {
    name: "a prompt that was filtered, whole",
    reply: json({
      model: "gpt-4o",
      choices: [],
      prompt_filter_results: FILTERED,
      usage: { prompt_tokens: 9 },
    }),
    options: WHOLE,
    reason: "refused",
    answered: undefined,
  },
  {
    name: "filter results instead of an answer, whole",
    reply: json({ choices: [], prompt_filter_results: [{ prompt_index: 0 }] }),
    options: WHOLE,
    reason: "refused",
    answered: undefined,
  },
  {
    name: "a prompt that was filtered, streamed",
    reply: streamed(events({ model: "", choices: [], prompt_filter_results: FILTERED }, "[DONE]")),
    reason: "refused",
    answered: undefined,
  },
  {
    name: "a prompt that was filtered, streamed, without an end",
    reply: streamed(events({ model: "", choices: [], prompt_filter_results: FILTERED })),
    reason: "refused",
    answered: undefined,
  },
  {
    name: "filter results instead of an answer, streamed",
    reply: streamed(
      events({ model: "", choices: [], prompt_filter_results: [{ prompt_index: 0 }] }, "[DONE]"),
    ),
    reason: "refused",
    answered: undefined,
  },
  {
    name: "a stream that is cut off after its filter results",
    reply: streamed(events({ model: "", choices: [], prompt_filter_results: [{ prompt_index: 0 }] })),
    reason: "stream_error",
    answered: false,
  },
  {
    name: "an answer to a prompt that was only annotated",
    reply: streamed(
      events(
        { model: "", choices: [], prompt_filter_results: FILTERED },
        delta({ content: "HEALTHY" }),
        delta({}, "stop"),
        "[DONE]",
      ),
    ),
    reason: "ok",
    answered: true,
  },
  {
    name: "an answer that was filtered",
    reply: streamed(
      events(
        { model: "", choices: [], prompt_filter_results: [{ prompt_index: 0 }] },
        delta({ content: "HEAL" }),
        delta({}, "content_filter"),
        "[DONE]",
      ),
    ),
    reason: "refused",
    answered: true,
  },
  {
    name: "an unknown deployment",
    reply: json({ error: { code: "DeploymentNotFound", message: "x" } }, 404),
    reason: "model_not_found",
    answered: false,
  },
  {
    name: "the HTTP status as error code",
    reply: json({ error: { code: "429", message: "x" } }, 429),
    reason: "rate_limited",
    answered: false,
  },
  {
    name: "a key of another resource",
    reply: json({ error: { code: "401", message: "x" } }, 401),
    reason: "auth",
    answered: false,
  },
];

import { named } from "../recordings/recording.ts";
import { json, streamed } from "../support.ts";
import { type Case, WHOLE } from "./case.ts";

const created = { type: "response.created", response: { status: "in_progress", model: "m" } };
const outputDelta = (delta: string) => ({ type: "response.output_text.delta", output_index: 0, delta });
/** Replies of OpenAI's Responses API. */
export const responsesReplies: readonly Case[] = [
  {
    name: "an error event of llama.cpp, whose data has a different type",
    reply: streamed(
      `${named(created, outputDelta("HEAL"))}event: error\ndata: {"code":500,"message":"Context size has been exceeded.","type":"server_error"}\n\n`,
    ),
    reason: "server_error",
    answered: false,
  },
  {
    name: "a nested error event",
    reply: streamed(
      named(created, { type: "error", error: { type: "x", code: "rate_limit_exceeded", message: "m" } }),
    ),
    reason: "rate_limited",
    answered: false,
  },
  {
    name: "a flat error event",
    reply: streamed(named(created, { type: "error", code: "server_error", message: "m", param: null })),
    reason: "server_error",
    answered: false,
  },
  {
    name: "a response that failed",
    reply: streamed(
      named(created, outputDelta("HEAL"), {
        type: "response.failed",
        response: { status: "failed", error: { code: "rate_limit_exceeded", message: "m" } },
      }),
    ),
    reason: "rate_limited",
    answered: false,
  },
  {
    name: "a whole response that failed",
    reply: json({
      object: "response",
      status: "failed",
      error: { code: "server_error", message: "m" },
      output: [],
    }),
    options: WHOLE,
    reason: "server_error",
    answered: false,
  },
  {
    name: "filtered",
    reply: streamed(
      named(created, outputDelta("HEAL"), {
        type: "response.incomplete",
        response: { status: "incomplete", incomplete_details: { reason: "content_filter" } },
      }),
    ),
    reason: "refused",
    answered: true,
  },
  {
    name: "filtered before the first word",
    reply: streamed(
      named(created, {
        type: "response.incomplete",
        response: { status: "incomplete", incomplete_details: { reason: "content_filter" }, output: [] },
      }),
    ),
    reason: "refused",
    answered: undefined,
  },
  {
    name: "a prompt that was flagged, whole",
    reply: json({ error: { code: "invalid_prompt", message: "x", type: "invalid_request_error" } }, 400),
    options: WHOLE,
    reason: "refused",
    answered: undefined,
  },
  {
    name: "a prompt that was flagged, streamed",
    reply: streamed(
      named(created, {
        type: "response.failed",
        response: { status: "failed", error: { code: "invalid_prompt", message: "x" } },
      }),
    ),
    reason: "refused",
    answered: undefined,
  },
  {
    name: "a refusal",
    reply: streamed(
      named(
        created,
        { type: "response.refusal.delta", delta: "I can't" },
        {
          type: "response.completed",
          response: { status: "completed" },
        },
      ),
    ),
    reason: "refused",
    answered: true,
  },
  {
    name: "an answer that was cut off at the limit but reported as completed",
    reply: streamed(
      named(created, outputDelta("Let me"), {
        type: "response.completed",
        response: { status: "completed", usage: { output_tokens: 256 } },
      }),
    ),
    reason: "truncated",
    answered: true,
  },
  {
    name: "a stream that is cut off before its end is announced",
    reply: streamed(
      named(created, outputDelta("HEALTHY"), { type: "response.output_text.done", text: "HEALTHY" }),
    ),
    reason: "stream_error",
    answered: false,
  },
  {
    name: "types in the event names only",
    reply: streamed(
      'event: response.output_text.delta\ndata: {"delta":"HEALTHY"}\n\nevent: response.completed\ndata: {"response":{}}\n\n',
    ),
    reason: "ok",
    answered: true,
  },
];

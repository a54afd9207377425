import { json } from "../support.ts";
import { type Case } from "./case.ts";

const converse = (content: readonly object[], stopReason: string): object => ({
  output: { message: { content } },
  stopReason,
});
const VALIDATION = { "x-amzn-errortype": "ValidationException:http://internal.amazon.com/" };
/** Replies of Bedrock. */
export const bedrockReplies: readonly Case[] = [
  {
    name: "a guardrail",
    reply: json(converse([{ text: "Sorry" }], "guardrail_intervened")),
    reason: "refused",
    answered: true,
  },
  {
    name: "a guardrail that refused the prompt, by the tokens of the model",
    reply: json({
      ...converse([{ text: "Sorry" }], "guardrail_intervened"),
      usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
    }),
    reason: "refused",
    answered: undefined,
  },
  {
    name: "a guardrail that refused the prompt, by its trace",
    reply: json({
      ...converse([{ text: "Sorry" }], "guardrail_intervened"),
      trace: { guardrail: { inputAssessment: { g1: { topicPolicy: { topics: [{ action: "BLOCKED" }] } } } } },
    }),
    reason: "refused",
    answered: undefined,
  },
  {
    name: "a guardrail that refused the answer, by its trace",
    reply: json({
      ...converse([{ text: "Sorry" }], "guardrail_intervened"),
      usage: { inputTokens: 9, outputTokens: 3 },
      trace: { guardrail: { inputAssessment: { g1: {} }, outputAssessments: { g1: [{}] } } },
    }),
    reason: "refused",
    answered: true,
  },
  {
    name: "a filter without an answer",
    reply: json(converse([], "content_filtered")),
    reason: "refused",
    answered: undefined,
  },
  {
    name: "a model that is not offered",
    reply: json({ message: "The provided model identifier is invalid." }, 400, VALIDATION),
    reason: "model_not_found",
    answered: false,
  },
  {
    name: "a model that is offered by inference profiles only",
    reply: json(
      {
        message:
          "Invocation of model ID anthropic.claude-x with on-demand throughput isn\u2019t supported. Retry your request with the ID or ARN of an inference profile that contains this model.",
      },
      400,
      VALIDATION,
    ),
    reason: "model_not_found",
    answered: false,
  },
  {
    name: "an invalid request that quotes the same words",
    reply: json({ message: "Malformed: The provided model identifier is invalid." }, 400, VALIDATION),
    reason: "bad_request",
    answered: false,
  },
  {
    name: "a model at its end of life",
    reply: json({ message: "This model version has reached the end of its life." }, 404, {
      "x-amzn-errortype": "ResourceNotFoundException:http://internal.amazon.com/",
    }),
    reason: "model_not_found",
    answered: false,
  },
  {
    name: "reasoning that used up all tokens",
    reply: json(converse([{ reasoningContent: { redactedContent: "x" } }], "max_tokens")),
    reason: "truncated",
    answered: true,
  },
  {
    name: "an error in HTTP 200",
    reply: json({ message: "x", __type: "com.amazon#ThrottlingException" }),
    reason: "rate_limited",
    answered: false,
  },
  { name: "JSON of another service", reply: json({ status: "ok" }), reason: "malformed", answered: false },
];

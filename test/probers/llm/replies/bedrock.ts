import { json } from "../support.ts";
import { type Case } from "./case.ts";

const converse = (content: readonly object[], stopReason: string): object => ({
  output: { message: { content } },
  stopReason,
});
/** Replies of Bedrock. */
export const bedrockReplies: readonly Case[] = [
  {
    name: "a guardrail",
    reply: json(converse([{ text: "Sorry" }], "guardrail_intervened")),
    reason: "refused",
    answered: true,
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

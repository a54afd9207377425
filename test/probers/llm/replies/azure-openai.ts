import { json } from "../support.ts";
import { type Case } from "./case.ts";

/** Replies of Azure OpenAI. */
export const azureReplies: readonly Case[] = [
  {
    name: "a prompt that was filtered",
    reply: json({ error: { code: "content_filter", status: 400, message: "x" } }, 400),
    reason: "refused",
    answered: false,
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

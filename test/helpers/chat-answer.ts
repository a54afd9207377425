import type { ServerResponse } from "node:http";

/** Answers a prompt as OpenAI's API does: `HEALTHY`, or another text, by the model `m` for ten tokens. */
export function answerChat(response: ServerResponse, content = "HEALTHY"): void {
  const choices = [{ message: { role: "assistant", content }, finish_reason: "stop" }];
  const body = { model: "m", choices, usage: { prompt_tokens: 9, completion_tokens: 1 } };
  response.setHeader("Content-Type", "application/json").end(JSON.stringify(body));
}

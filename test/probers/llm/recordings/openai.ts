import { delta, events, usage } from "../support.ts";
import { json, type Recording, reasoned } from "./recording.ts";

const model = "gpt-4o-mini-2024-07-18";
const thought = (text: string): object => ({
  content: "",
  reasoning_details: [{ type: "reasoning.text", text, format: "anthropic-claude-v1", index: 0 }],
});
const summary = (text: string): object => ({
  type: "reasoning",
  summary: [{ type: "summary_text", text, signature: "" }],
});

/** Forms of reasoning that compatible servers send. */
export const openaiRecordings: readonly Recording[] = [
  {
    name: "OpenRouter, reasoning details, streamed",
    api: "openai",
    stream: true,
    body: `: OPENROUTER PROCESSING\n\n${events(
      delta(thought("Let me")),
      delta(thought(" think.")),
      delta({ content: "HEAL" }),
      delta({ content: "THY" }),
      delta({ content: "" }, "stop"),
      usage({ prompt_tokens: 14, completion_tokens: 9, completion_tokens_details: { reasoning_tokens: 6 } }),
      "[DONE]",
    )}`,
    says: { ...reasoned, model, usage: { input: 14, output: 9, reasoning: 6 } },
  },
  {
    name: "OpenRouter, reasoning details, whole",
    api: "openai",
    stream: false,
    body: json({
      id: "gen-1",
      provider: "Anthropic",
      model,
      object: "chat.completion",
      choices: [
        {
          index: 0,
          finish_reason: "stop",
          native_finish_reason: "end_turn",
          error: null,
          message: { role: "assistant", refusal: null, ...thought("Hm."), content: "HEALTHY" },
        },
      ],
      usage: { prompt_tokens: 14, completion_tokens: 9 },
    }),
    says: { ...reasoned, model, usage: { input: 14, output: 9 } },
  },
  {
    name: "Databricks, parts, streamed",
    api: "openai",
    stream: true,
    body: events(
      delta({ role: "assistant", content: [summary("Let me")] }),
      delta({ content: [summary(" think.")] }),
      delta({ content: "HEALTHY" }),
      delta({}, "stop"),
      "[DONE]",
    ),
    says: { ...reasoned, model },
  },
  {
    name: "Databricks, parts, whole",
    api: "openai",
    stream: false,
    body: json({
      model,
      object: "chat.completion",
      choices: [
        {
          index: 0,
          finish_reason: "stop",
          message: { role: "assistant", content: [summary("Hm."), { type: "text", text: "HEALTHY" }] },
        },
      ],
      usage: { prompt_tokens: 14, completion_tokens: 9 },
    }),
    says: { ...reasoned, model, usage: { input: 14, output: 9 } },
  },
];

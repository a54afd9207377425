import { healthy, json, named, type Recording, reasoned } from "./recording.ts";

const cohereUsage = {
  billed_units: { input_tokens: 5, output_tokens: 2 },
  tokens: { input_tokens: 71, output_tokens: 4 },
  cached_tokens: 64,
};
export const cohereRecordings: readonly Recording[] = [
  {
    name: "chat of version 2, streamed",
    api: "cohere",
    stream: true,
    body: `${named(
      { type: "message-start", delta: { message: { role: "assistant", content: [], tool_plan: "" } } },
      {
        type: "content-start",
        index: 0,
        delta: { message: { content: { type: "thinking", thinking: "" } } },
      },
      { type: "content-delta", index: 0, delta: { message: { content: { thinking: "One word." } } } },
      { type: "content-end", index: 0 },
      { type: "content-start", index: 1, delta: { message: { content: { type: "text", text: "" } } } },
      { type: "content-delta", index: 1, delta: { message: { content: { text: "HEAL" } } } },
      { type: "content-delta", index: 1, delta: { message: { content: { text: "THY" } } } },
      { type: "content-end", index: 1 },
      { type: "message-end", delta: { finish_reason: "COMPLETE", usage: cohereUsage } },
    )}data: [DONE]\n\n`,
    says: { ...reasoned, usage: { input: 71, output: 4, cached_input: 64 } },
  },
  {
    name: "chat of version 2, whole",
    api: "cohere",
    stream: false,
    body: json({
      id: "c1",
      message: { role: "assistant", content: [{ type: "text", text: "HEALTHY" }] },
      finish_reason: "COMPLETE",
      usage: { billed_units: { input_tokens: 5, output_tokens: 2 } },
    }),
    says: { ...healthy, usage: { input: 5, output: 2 } },
  },
  {
    name: "chat of version 2, a tool call",
    api: "cohere",
    stream: true,
    body: named(
      { type: "message-start", delta: { message: { role: "assistant" } } },
      { type: "tool-plan-delta", delta: { message: { tool_plan: "I will report." } } },
      {
        type: "tool-call-start",
        index: 0,
        delta: {
          message: { tool_calls: { id: "t", type: "function", function: { name: "report", arguments: "" } } },
        },
      },
      {
        type: "tool-call-delta",
        index: 0,
        delta: { message: { tool_calls: { function: { arguments: '{"status":' } } } },
      },
      {
        type: "tool-call-delta",
        index: 0,
        delta: { message: { tool_calls: { function: { arguments: '"ok"}' } } } },
      },
      { type: "tool-call-end", index: 0 },
      { type: "message-end", delta: { finish_reason: "TOOL_CALL" } },
    ),
    says: { output: "", finish: "tool_calls", toolCalls: [{ name: "report", json: '{"status":"ok"}' }] },
  },
];

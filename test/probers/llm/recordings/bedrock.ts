import { json, type Recording, reasoned } from "./recording.ts";

export const bedrockRecordings: readonly Recording[] = [
  {
    name: "Converse",
    api: "bedrock",
    stream: false,
    body: json({
      output: {
        message: {
          role: "assistant",
          content: [
            { reasoningContent: { reasoningText: { text: "One word.", signature: "x" } } },
            { text: "HEALTHY" },
          ],
        },
      },
      stopReason: "end_turn",
      usage: { inputTokens: 20, outputTokens: 6, totalTokens: 58, cacheReadInputTokens: 32 },
      metrics: { latencyMs: 551 },
    }),
    says: { ...reasoned, usage: { input: 52, output: 6, cached_input: 32 } },
  },
  {
    name: "Converse, a tool call",
    api: "bedrock",
    stream: false,
    body: json({
      output: { message: { content: [{ toolUse: { name: "report", input: { status: "ok" } } }] } },
      stopReason: "tool_use",
    }),
    says: {
      finish: "tool_calls",
      toolCalls: [{ name: "report", json: "", value: { status: "ok" } }],
    },
  },
];

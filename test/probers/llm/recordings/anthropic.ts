import { json, named, type Recording, reasoned } from "./recording.ts";

const message = (fields: object): object => ({
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-sonnet-4-20250514",
  content: [],
  stop_reason: null,
  ...fields,
});
export const anthropicRecordings: readonly Recording[] = [
  {
    name: "messages, streamed",
    api: "anthropic",
    stream: true,
    body: named(
      {
        type: "message_start",
        message: message({
          usage: {
            input_tokens: 12,
            cache_creation_input_tokens: 5,
            cache_read_input_tokens: 30,
            output_tokens: 1,
          },
        }),
      },
      { type: "content_block_start", index: 0, content_block: { type: "thinking", thinking: "" } },
      { type: "ping" },
      { type: "content_block_delta", index: 0, delta: { type: "thinking_delta", thinking: "One word." } },
      { type: "content_block_delta", index: 0, delta: { type: "signature_delta", signature: "EqQB" } },
      { type: "content_block_stop", index: 0 },
      { type: "content_block_start", index: 1, content_block: { type: "text", text: "" } },
      { type: "content_block_delta", index: 1, delta: { type: "text_delta", text: "HEAL" } },
      { type: "content_block_delta", index: 1, delta: { type: "text_delta", text: "THY" } },
      { type: "content_block_stop", index: 1 },
      {
        type: "message_delta",
        delta: { stop_reason: "end_turn", stop_sequence: null },
        usage: { output_tokens: 19, output_tokens_details: { thinking_tokens: 14 } },
      },
      { type: "message_stop" },
    ),
    says: {
      ...reasoned,
      model: "claude-sonnet-4-20250514",
      usage: { input: 47, output: 19, reasoning: 14, cached_input: 30 },
    },
  },
  {
    name: "messages, whole",
    api: "anthropic",
    stream: false,
    body: json(
      message({
        content: [
          { type: "redacted_thinking", data: "EmwKAh" },
          { type: "text", text: "HEALTHY" },
        ],
        stop_reason: "end_turn",
        usage: { input_tokens: 12, cache_creation_input_tokens: 3, output_tokens: 5 },
      }),
    ),
    says: { ...reasoned, model: "claude-sonnet-4-20250514", usage: { input: 15, output: 5 } },
  },
  {
    name: "messages, a tool call, streamed",
    api: "anthropic",
    stream: true,
    body: named(
      { type: "message_start", message: message({}) },
      {
        type: "content_block_start",
        index: 0,
        content_block: { type: "tool_use", id: "toolu_1", name: "report", input: {} },
      },
      { type: "content_block_delta", index: 0, delta: { type: "input_json_delta", partial_json: "" } },
      {
        type: "content_block_delta",
        index: 0,
        delta: { type: "input_json_delta", partial_json: '{"status": "o' },
      },
      { type: "content_block_delta", index: 0, delta: { type: "input_json_delta", partial_json: 'k"}' } },
      { type: "content_block_stop", index: 0 },
      { type: "message_delta", delta: { stop_reason: "tool_use" }, usage: { output_tokens: 30 } },
      { type: "message_stop" },
    ),
    says: { finish: "tool_calls", toolCalls: [{ name: "report", json: '{"status": "ok"}' }] },
  },
];

import { json, named, type Recording, reasoned } from "./recording.ts";

const response = (fields: object): object => ({
  id: "resp_1",
  object: "response",
  model: "gpt-5-mini-2025-08-07",
  status: "completed",
  error: null,
  incomplete_details: null,
  max_output_tokens: 256,
  output: [],
  ...fields,
});
const responseUsage = {
  input_tokens: 21,
  input_tokens_details: { cached_tokens: 16 },
  output_tokens: 12,
  output_tokens_details: { reasoning_tokens: 8 },
  total_tokens: 33,
};
export const openaiResponsesRecordings: readonly Recording[] = [
  {
    name: "responses, streamed",
    api: "openai_responses",
    stream: true,
    body: named(
      { type: "response.created", response: response({ status: "in_progress" }) },
      { type: "response.in_progress", response: response({ status: "in_progress" }) },
      { type: "response.output_item.added", output_index: 0, item: { type: "reasoning", summary: [] } },
      { type: "response.reasoning_summary_text.delta", output_index: 0, delta: "One word is wanted." },
      { type: "response.output_item.added", output_index: 1, item: { type: "message", content: [] } },
      { type: "response.output_text.delta", output_index: 1, delta: "HEAL" },
      { type: "response.output_text.delta", output_index: 1, delta: "THY" },
      { type: "response.output_text.done", output_index: 1, text: "HEALTHY" },
      { type: "response.completed", response: response({ usage: responseUsage }) },
    ),
    says: {
      ...reasoned,
      model: "gpt-5-mini-2025-08-07",
      usage: { input: 21, output: 12, reasoning: 8, cached_input: 16 },
    },
  },
  {
    name: "responses, whole",
    api: "openai_responses",
    stream: false,
    body: json(
      response({
        output: [
          { type: "reasoning", summary: [{ type: "summary_text", text: "One word." }] },
          { type: "message", content: [{ type: "output_text", text: "HEALTHY", annotations: [] }] },
        ],
        usage: responseUsage,
      }),
    ),
    says: {
      ...reasoned,
      model: "gpt-5-mini-2025-08-07",
      usage: { input: 21, output: 12, reasoning: 8, cached_input: 16 },
    },
  },
  {
    name: "responses, a tool call, streamed",
    api: "openai_responses",
    stream: true,
    body: named(
      { type: "response.created", response: response({ status: "in_progress" }) },
      {
        type: "response.output_item.added",
        output_index: 0,
        item: { type: "function_call", name: "report", call_id: "call_1", arguments: "" },
      },
      { type: "response.function_call_arguments.delta", output_index: 0, delta: '{"status":' },
      { type: "response.function_call_arguments.delta", output_index: 0, delta: '"ok"}' },
      { type: "response.function_call_arguments.done", output_index: 0, arguments: '{"status":"ok"}' },
      {
        type: "response.completed",
        response: response({ output: [{ type: "function_call", name: "report" }] }),
      },
    ),
    says: { output: "", finish: "tool_calls", toolCalls: [{ name: "report", json: '{"status":"ok"}' }] },
  },
];

import { events } from "../support.ts";
import { healthy, type Recording } from "./recording.ts";

const chunk = (fields: object, more: object = {}): object => ({
  id: "chatcmpl-1",
  object: "chat.completion.chunk",
  model: "gpt-4o-mini-2024-07-18",
  choices: [{ index: 0, finish_reason: null, content_filter_results: {}, ...fields }],
  ...more,
});
export const azureRecordings: readonly Recording[] = [
  {
    name: "Azure, streamed",
    api: "azure_openai",
    stream: true,
    body: events(
      { choices: [], created: 0, id: "", model: "", object: "", prompt_filter_results: [{}] },
      chunk({ delta: { role: "assistant", content: "", refusal: null } }),
      chunk({ delta: { content: "HEAL" } }),
      chunk({ delta: { content: "THY" } }),
      chunk({ delta: {}, finish_reason: "stop" }),
      {
        ...chunk({}),
        choices: [],
        usage: {
          prompt_tokens: 15,
          completion_tokens: 3,
          completion_tokens_details: { reasoning_tokens: 0 },
          prompt_tokens_details: { cached_tokens: 0 },
        },
      },
      "[DONE]",
    ),
    says: {
      ...healthy,
      model: "gpt-4o-mini-2024-07-18",
      usage: { input: 15, output: 3, reasoning: 0, cached_input: 0 },
    },
  },
];

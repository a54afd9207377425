import { seconds } from "../../../../src/core/units.ts";
import { healthy, lines, type Recording, reasoned } from "./recording.ts";

const ollamaDone = {
  model: "qwen3:4b",
  done: true,
  done_reason: "stop",
  total_duration: 5_043_500_667,
  load_duration: 2_125_000_000,
  prompt_eval_count: 26,
  prompt_eval_duration: 130_079_000,
  eval_count: 14,
  eval_duration: 4_232_710_000,
};
export const ollamaRecordings: readonly Recording[] = [
  {
    name: "chat, streamed",
    api: "ollama",
    stream: true,
    body: lines(
      { model: "qwen3:4b", message: { role: "assistant", content: "", thinking: "One word." }, done: false },
      { model: "qwen3:4b", message: { role: "assistant", content: "HEAL" }, done: false },
      { model: "qwen3:4b", message: { role: "assistant", content: "THY" }, done: false },
      { ...ollamaDone, message: { role: "assistant", content: "" } },
    ),
    says: { ...reasoned, model: "qwen3:4b", usage: { input: 26, output: 14 }, loadDuration: seconds(2.125) },
  },
  {
    name: "generate, streamed",
    api: "ollama",
    stream: true,
    body: lines(
      { model: "qwen3:4b", response: "", thinking: "One word.", done: false },
      { model: "qwen3:4b", response: "HEAL", done: false },
      { model: "qwen3:4b", response: "THY", done: false },
      { ...ollamaDone, response: "", context: [1, 2] },
    ),
    says: { ...reasoned, model: "qwen3:4b", usage: { input: 26, output: 14 }, loadDuration: seconds(2.125) },
  },
  {
    name: "chat, whole",
    api: "ollama",
    stream: false,
    body: JSON.stringify({ ...ollamaDone, message: { role: "assistant", content: "HEALTHY" } }),
    says: { ...healthy, usage: { input: 26, output: 14 } },
  },
  {
    name: "generate, whole",
    api: "ollama",
    stream: false,
    body: `${JSON.stringify({ ...ollamaDone, response: "HEALTHY", context: [1] })}\n`,
    says: { ...healthy, usage: { input: 26, output: 14 } },
  },
  {
    name: "chat, a tool call",
    api: "ollama",
    stream: true,
    body: lines(
      {
        model: "qwen3:4b",
        message: {
          role: "assistant",
          content: "",
          tool_calls: [{ function: { name: "report", arguments: { status: "ok" } } }],
        },
        done: false,
      },
      { ...ollamaDone, message: { role: "assistant", content: "" } },
    ),
    says: { output: "", toolCalls: [{ name: "report", json: "", value: { status: "ok" } }] },
  },
];

import { events } from "../support.ts";
import { healthy, json, type Recording } from "./recording.ts";

const token = (text: string, more: object = {}): object => ({
  index: 1,
  token: { id: 7, text, logprob: -0.1, special: false },
  generated_text: null,
  details: null,
  ...more,
});
export const tgiRecordings: readonly Recording[] = [
  {
    name: "generate_stream",
    api: "tgi",
    stream: true,
    body: events(
      token("HEAL"),
      token("THY"),
      token("", {
        token: { id: 2, text: "</s>", logprob: 0, special: true },
        generated_text: "HEALTHY",
        details: { finish_reason: "eos_token", generated_tokens: 3, input_length: 9, seed: null },
      }),
    ).replaceAll("data: ", "data:"),
    says: { ...healthy, usage: { input: 9, output: 3 } },
  },
  {
    name: "generate",
    api: "tgi",
    stream: false,
    body: json({
      generated_text: "HEALTHY",
      details: { finish_reason: "stop_sequence", generated_tokens: 3, prefill: [], seed: 1 },
    }),
    says: { ...healthy, usage: { output: 3 } },
  },
];

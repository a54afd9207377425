import { events } from "../support.ts";
import { healthy, json, type Recording, reasoned } from "./recording.ts";

const candidate = (parts: readonly object[], more: object = {}): object => ({
  candidates: [{ content: { parts, role: "model" }, index: 0, ...more }],
  modelVersion: "gemini-2.5-flash",
  responseId: "x1",
});
const geminiUsage = {
  promptTokenCount: 10,
  candidatesTokenCount: 2,
  totalTokenCount: 40,
  thoughtsTokenCount: 28,
};
export const geminiRecordings: readonly Recording[] = [
  {
    name: "generateContent, streamed",
    api: "gemini",
    stream: true,
    body: events(
      {
        ...candidate([{ text: "One word.", thought: true }]),
        usageMetadata: { promptTokenCount: 10, thoughtsTokenCount: 20 },
      },
      candidate([{ text: "HEAL" }]),
      { ...candidate([{ text: "THY" }], { finishReason: "STOP" }), usageMetadata: geminiUsage },
    ).replaceAll("\n", "\r\n"),
    says: {
      ...reasoned,
      model: "gemini-2.5-flash",
      usage: { input: 10, output: 30, reasoning: 28 },
      ended: false,
    },
  },
  {
    name: "generateContent, whole",
    api: "gemini",
    stream: false,
    body: json({
      ...candidate([{ text: "One word.", thought: true }, { text: "HEALTHY" }], { finishReason: "STOP" }),
      usageMetadata: geminiUsage,
    }),
    says: { ...reasoned, usage: { input: 10, output: 30, reasoning: 28 }, ended: false },
  },
  {
    name: "generateContent, an array of chunks",
    api: "gemini",
    stream: true,
    body: json([candidate([{ text: "HEAL" }]), candidate([{ text: "THY" }], { finishReason: "STOP" })]),
    says: { ...healthy, ended: false },
  },
  {
    name: "generateContent, a tool call",
    api: "gemini",
    stream: true,
    body: events(
      candidate([{ functionCall: { name: "report", args: { status: "ok" } } }], { finishReason: "STOP" }),
    ),
    says: { output: "", toolCalls: [{ name: "report", json: "", value: { status: "ok" } }], ended: false },
  },
];

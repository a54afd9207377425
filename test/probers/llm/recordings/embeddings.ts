import { json, type Recording } from "./recording.ts";

export const embeddingsRecordings: readonly Recording[] = [
  {
    name: "embeddings",
    api: "openai_embeddings",
    stream: false,
    body: json({
      object: "list",
      data: [{ object: "embedding", index: 0, embedding: [0.6, -0.8, 0] }],
      model: "text-embedding-3-small",
      usage: { prompt_tokens: 8, total_tokens: 8 },
    }),
    says: {
      output: "",
      model: "text-embedding-3-small",
      usage: { input: 8 },
      vector: { dimensions: 3, finite: true, norm: 1 },
    },
  },
];

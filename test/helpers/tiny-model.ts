import { writeFile } from "node:fs/promises";

/** The answer of a tiny model, the same to every prompt. */
export interface TinyModel {
  /** The tokens of its answer, in order; distinct and not empty. */
  readonly answer: readonly string[];
  /** After the last token: `end` (the default), or `repeat` from the first until the client or a limit stops it. */
  readonly then?: "end" | "repeat";
}

/** The answer to the default prompt, in pieces. */
export const HEALTHY_PIECES = ["HE", "AL", "THY"] as const;

const WIDTH = 320;
const HEAD_SIZE = 64;
const HEADS = WIDTH / HEAD_SIZE;
const FEED_FORWARD = 32;
const ALIGNMENT = 32;
/** A logit far enough above the others that sampling picks the intended token at any usual temperature. */
const CERTAIN = 10;

const UNKNOWN = 0;
const BEGIN = 1;
const END = 2;
const TOKEN_TYPE = { normal: 1, unknown: 2, control: 3, byte: 6 } as const;
const VALUE_TYPE = { u32: 4, i32: 5, f32: 6, string: 8, array: 9 } as const;

/**
 * Writes a GGUF file of about 2 MB that llama.cpp loads as a model of the architecture `llama`.
 *
 * Its one block has weights of zero, so the residual stream is the embedding of the last token; the embedding is the
 * identity and `output.weight` the transition matrix. Every token leads to the first piece of the answer, each piece to
 * the next, and the last to the end (or, repeating, to the first).
 * Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 * @throws Error when the pieces are empty, not distinct or too many
 */
export async function writeTinyModel(path: string, model: TinyModel): Promise<void> {
  const pieces = model.answer.map((piece) => piece.replaceAll(" ", "\u2581"));
  const tokens = [
    { text: "<unk>", type: TOKEN_TYPE.unknown },
    { text: "<s>", type: TOKEN_TYPE.control },
    { text: "</s>", type: TOKEN_TYPE.control },
    ...Array.from({ length: 256 }, (_, byte) => ({
      text: `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`,
      type: TOKEN_TYPE.byte,
    })),
    ...pieces.map((text) => ({ text, type: TOKEN_TYPE.normal })),
  ];
  if (pieces.length === 0 || pieces.includes(""))
    throw new Error("a tiny model needs an answer without empty pieces");
  if (new Set(pieces).size < pieces.length) throw new Error("the pieces of a tiny model must be distinct");
  if (tokens.length > WIDTH) throw new Error(`a tiny model has room for ${WIDTH} tokens`);

  const first = tokens.length - pieces.length;
  const afterLast = model.then === "repeat" ? first : END;
  const successor = (token: number): number => {
    if (token < first) return first;
    return token + 1 < tokens.length ? token + 1 : afterLast;
  };
  const embedding = new Float32Array(WIDTH * tokens.length);
  const output = new Float32Array(WIDTH * tokens.length);
  for (let token = 0; token < tokens.length; token++) {
    embedding[token * WIDTH + token] = 1;
    output[successor(token) * WIDTH + token] = CERTAIN;
  }
  const tensors: readonly [name: string, shape: readonly number[], data: Float32Array][] = [
    ["token_embd.weight", [WIDTH, tokens.length], embedding],
    ["output_norm.weight", [WIDTH], ones(WIDTH)],
    ["output.weight", [WIDTH, tokens.length], output],
    ["blk.0.attn_norm.weight", [WIDTH], ones(WIDTH)],
    ["blk.0.attn_q.weight", [WIDTH, WIDTH], zeros(WIDTH * WIDTH)],
    ["blk.0.attn_k.weight", [WIDTH, WIDTH], zeros(WIDTH * WIDTH)],
    ["blk.0.attn_v.weight", [WIDTH, WIDTH], zeros(WIDTH * WIDTH)],
    ["blk.0.attn_output.weight", [WIDTH, WIDTH], zeros(WIDTH * WIDTH)],
    ["blk.0.ffn_norm.weight", [WIDTH], ones(WIDTH)],
    ["blk.0.ffn_gate.weight", [WIDTH, FEED_FORWARD], zeros(WIDTH * FEED_FORWARD)],
    ["blk.0.ffn_up.weight", [WIDTH, FEED_FORWARD], zeros(WIDTH * FEED_FORWARD)],
    ["blk.0.ffn_down.weight", [FEED_FORWARD, WIDTH], zeros(WIDTH * FEED_FORWARD)],
  ];
  const facts: readonly Uint8Array[] = [
    entry("general.architecture", VALUE_TYPE.string, text("llama")),
    entry("general.name", VALUE_TYPE.string, text("tiny")),
    entry("llama.context_length", VALUE_TYPE.u32, u32(2048)),
    entry("llama.embedding_length", VALUE_TYPE.u32, u32(WIDTH)),
    entry("llama.block_count", VALUE_TYPE.u32, u32(1)),
    entry("llama.feed_forward_length", VALUE_TYPE.u32, u32(FEED_FORWARD)),
    entry("llama.attention.head_count", VALUE_TYPE.u32, u32(HEADS)),
    entry("llama.attention.head_count_kv", VALUE_TYPE.u32, u32(HEADS)),
    entry("llama.attention.layer_norm_rms_epsilon", VALUE_TYPE.f32, f32(1e-5)),
    entry("llama.rope.dimension_count", VALUE_TYPE.u32, u32(HEAD_SIZE)),
    entry("tokenizer.ggml.model", VALUE_TYPE.string, text("llama")),
    list(
      "tokenizer.ggml.tokens",
      VALUE_TYPE.string,
      tokens.map((token) => text(token.text)),
    ),
    // Pieces score above bytes, so that a prompt is split like an answer.
    list(
      "tokenizer.ggml.scores",
      VALUE_TYPE.f32,
      tokens.map((token) => f32(token.type === TOKEN_TYPE.normal ? -1 : -100)),
    ),
    list(
      "tokenizer.ggml.token_type",
      VALUE_TYPE.i32,
      tokens.map((token) => u32(token.type)),
    ),
    entry("tokenizer.ggml.bos_token_id", VALUE_TYPE.u32, u32(BEGIN)),
    entry("tokenizer.ggml.eos_token_id", VALUE_TYPE.u32, u32(END)),
    entry("tokenizer.ggml.unknown_token_id", VALUE_TYPE.u32, u32(UNKNOWN)),
    // Ends in a byte that is not a piece, so that the answer to any prompt starts with the first piece.
    entry(
      "tokenizer.chat_template",
      VALUE_TYPE.string,
      text("{% for message in messages %}{{ message.role }}: {{ message.content }}\n{% endfor %}assistant:"),
    ),
  ];

  let offset = 0;
  const descriptions = tensors.map(([name, shape, data]) => {
    const description = [text(name), u32(shape.length), ...shape.map(u64), u32(0), u64(offset)];
    offset = aligned(offset + data.byteLength);
    return Buffer.concat(description);
  });
  const head = Buffer.concat([
    Buffer.from("GGUF"),
    u32(3),
    u64(tensors.length),
    u64(facts.length),
    ...facts,
    ...descriptions,
  ]);
  const bodies = tensors.map(([, , data]) => padded(new Uint8Array(data.buffer)));
  await writeFile(path, Buffer.concat([padded(head), ...bodies]));
}

const zeros = (size: number): Float32Array => new Float32Array(size);
const ones = (size: number): Float32Array => new Float32Array(size).fill(1);

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function f32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([u64(bytes.length), bytes]);
}

function entry(key: string, type: number, value: Buffer): Buffer {
  return Buffer.concat([text(key), u32(type), value]);
}

function list(key: string, type: number, values: readonly Buffer[]): Buffer {
  return entry(key, VALUE_TYPE.array, Buffer.concat([u32(type), u64(values.length), ...values]));
}

const aligned = (length: number): number => Math.ceil(length / ALIGNMENT) * ALIGNMENT;

function padded(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(aligned(bytes.length) - bytes.length)]);
}

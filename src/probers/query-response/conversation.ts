import type { Socket } from "node:net";
import { excerpt } from "../../core/excerpt.ts";
import type { Opened } from "../../core/network.ts";
import { type Failure, failed, type ProbeLog } from "../../core/prober.ts";
import { truncate } from "../../core/truncate.ts";
import type { BytesMatch } from "../regexp.ts";
import type { StepGuard } from "../tls-connection.ts";
import type { ConversationReason } from "./reasons.ts";
import { bytesText, createSentWords, type SentWords } from "./sent-words.ts";
import type { Expectation, LabelTemplate, Step } from "./steps.ts";
import { createStream, type Stream } from "./stream.ts";
import { expandTemplate } from "./template.ts";
import type { ConversationTrace } from "./trace.ts";

/** The environment of a conversation. */
export interface ConversationContext {
  readonly guard: StepGuard;
  readonly log: ProbeLog;
  readonly trace: ConversationTrace;
  /** Starts TLS on an open connection. */
  readonly secure: (socket: Socket) => Promise<Opened<Socket> | Failure<ConversationReason>>;
}

/** Runs the steps one after the other, as blackbox_exporter does. Returns the failure of the first one that fails. */
export async function converse(
  opened: Socket,
  steps: readonly Step[],
  context: ConversationContext,
): Promise<Failure<ConversationReason> | undefined> {
  const words = createSentWords();
  let socket = opened;
  let stream: Stream | undefined;
  for (const step of steps) {
    stream ??= createStream(socket, context.guard);
    const failure = await runStep(step, stream, words, context);
    if (failure !== undefined) return inStep(step, failure);
    if (!step.startTls) continue;
    // What has arrived before the handshake is not part of the secured connection, and is dropped as in Go.
    const secured = await context.secure(socket);
    if (!secured.ok) return inStep(step, secured);
    ({ socket } = secured);
    stream = undefined;
  }
  return undefined;
}

const inStep = (
  { number }: Step,
  { reason, detail }: Failure<ConversationReason>,
): Failure<ConversationReason> => failed(reason, `step ${number}: ${detail}`);

async function runStep(
  { number, expect, send }: Step,
  stream: Stream,
  words: SentWords,
  { log, trace }: ConversationContext,
): Promise<Failure<ConversationReason> | undefined> {
  let match: BytesMatch | undefined;
  if (expect?.kind === "line") {
    const found = await expectLine(expect, stream, words, trace);
    if ("ok" in found) return found;
    ({ match } = found);
    log("matched", { step: number, expect: expect.regexp.source, line: words.textOf(found.line) });
    if (expect.labels !== undefined) trace.expectInfo.push(labelsOf(expect.labels, match));
  }
  if (expect?.kind === "bytes") {
    const failure = await expectBytes(expect.bytes, stream, words, trace);
    if (failure !== undefined) return failure;
    log("received the expected bytes", { step: number, bytes: expect.bytes.length });
  }
  const bytes = send === undefined ? undefined : expandTemplate(send, match);
  if (bytes === undefined || bytes.length === 0) return undefined;
  words.note(bytes);
  const failure = await stream.send(Buffer.concat([bytes, LINE_FEED]));
  if (failure === undefined) log("sent", { step: number, bytes: bytes.length + LINE_FEED.length });
  return failure;
}

const LINE_FEED = Buffer.from("\n");

/** Longest part of an expression in a text for people, in characters. */
const LONGEST_EXPRESSION = 200;

/** Reads lines until one matches. */
async function expectLine(
  { regexp }: Extract<Expectation, { kind: "line" }>,
  stream: Stream,
  words: SentWords,
  trace: ConversationTrace,
): Promise<{ readonly match: BytesMatch; readonly line: Buffer } | Failure<ConversationReason>> {
  let count = 0;
  let last: Buffer | undefined;
  const missing = (): string => {
    const source = excerpt(regexp.source, [], LONGEST_EXPRESSION);
    return `no line matches ${source}; ${receivedText(count, last, stream.rest(), words)}`;
  };
  for (;;) {
    const next = await stream.nextLine();
    switch (next.kind) {
      case "end":
        trace.failedDueToRegex = true;
        return failed("body_mismatch", `${missing()}, then the connection was closed`);
      case "failed": {
        const { reason, detail } = next.failure;
        return failed(reason, `${missing()}: ${detail}`);
      }
      case "line": {
        const match = regexp.find(next.line);
        if (match !== undefined) {
          trace.failedDueToRegex = false;
          return { match, line: next.line };
        }
        count += 1;
        last = Buffer.from(next.line);
      }
    }
  }
}

/** Compares the next bytes. Bytes that cannot become the expected ones fail at once. */
async function expectBytes(
  expected: Buffer,
  stream: Stream,
  words: SentWords,
  trace: ConversationTrace,
): Promise<Failure<ConversationReason> | undefined> {
  const fits = (bytes: Buffer): boolean => bytes.equals(expected.subarray(0, bytes.length));
  const next = await stream.nextBytes(expected.length, fits);
  const wanted = `want ${bytesText(expected)}`;
  if (next.kind === "failed") {
    const { reason, detail } = next.failure;
    return failed(reason, `${wanted}, received ${words.hexOf(stream.rest())}: ${detail}`);
  }
  if (next.bytes.equals(expected)) {
    trace.failedDueToBytes = false;
    return undefined;
  }
  const got = words.hexOf(next.bytes);
  // As in blackbox_exporter, bytes that are missing are not other bytes.
  trace.failedDueToBytes = !fits(next.bytes);
  return failed(
    "body_mismatch",
    `${wanted}, received ${got}${trace.failedDueToBytes ? "" : ", then the connection was closed"}`,
  );
}

/** Longest label value taken from a line, in characters. */
const LONGEST_LABEL = 1000;

function labelsOf(labels: readonly LabelTemplate[], match: BytesMatch): Readonly<Record<string, string>> {
  const texts = labels.map(({ name, value }) => {
    const text = expandTemplate(value, match).toString("utf8");
    return [name, truncate(text, LONGEST_LABEL)] as const;
  });
  return Object.fromEntries(texts);
}

/** Says what has been received by a step whose expression has not matched. */
function receivedText(count: number, last: Buffer | undefined, rest: Buffer, words: SentWords): string {
  const unfinished = rest.length === 0 ? "" : `an unfinished line "${words.textOf(rest, true)}"`;
  if (last === undefined) return `received ${unfinished === "" ? "nothing" : unfinished}`;
  const lines = `received ${count === 1 ? "a line" : `${count} lines, the last`} "${words.textOf(last)}"`;
  return unfinished === "" ? lines : `${lines}, and ${unfinished}`;
}

import type { Socket } from "node:net";
import { type Failure, failed } from "../../core/prober.ts";
import { createSlices } from "../../core/slices.ts";
import { seconds } from "../../core/units.ts";
import { codeOf, describeError } from "../errors.ts";
import type { StepGuard } from "../tls-connection.ts";
import { createReceivedBytes, LONGEST_LINE } from "./received-bytes.ts";

/** The reasons for which reading from a connection and writing to it fail. */
export type StreamReason = "network" | "tls" | "timeout" | "too_large";

/** The next line of a target, the end of the connection, or a failure. */
export type NextLine = { readonly kind: "line"; readonly line: Buffer } | { readonly kind: "end" } | Failed;

/** The next bytes of a target; fewer than were asked for at the end of the connection. */
export type NextBytes = { readonly kind: "bytes"; readonly bytes: Buffer } | Failed;

interface Failed {
  readonly kind: "failed";
  readonly failure: Failure<StreamReason>;
}

/** An open connection, read and written step by step. */
export interface Stream {
  /** Returns the next line, as Go's `bufio.Scanner` does. It is valid until the next call. */
  nextLine(): Promise<NextLine>;
  /**
   * Returns the next `count` bytes.
   * @param fits tells for the bytes that have arrived whether it is worth to wait for the rest
   */
  nextBytes(count: number, fits: (bytes: Buffer) => boolean): Promise<NextBytes>;
  /** Sends bytes, and waits until the operating system has taken them. */
  send(bytes: Buffer): Promise<Failure<StreamReason> | undefined>;
  /** Returns the bytes that have arrived and no step has taken. */
  rest(): Buffer;
}

/** Time after which lines that arrive without a pause let the event loop run. */
const LONGEST_SLICE = seconds(0.005);

/** Wraps a socket that nothing has read from. It stays open for writing if the target closes its side, as in Go. */
export function createStream(socket: Socket, guard: StepGuard): Stream {
  socket.allowHalfOpen = true;
  const received = createReceivedBytes();
  let slices = createSlices(LONGEST_SLICE);
  let ended = false;

  /** Waits for more bytes, or for the end. */
  const more = async (): Promise<Failure<StreamReason> | undefined> => {
    const next = await nextChunk(socket, guard);
    // The wait is not a part of it, nor is a stall of the event loop: what arrived meanwhile is taken at once.
    slices = createSlices(LONGEST_SLICE);
    if (next === "end") ended = true;
    else if (Buffer.isBuffer(next)) received.add(next);
    else return next;
    return undefined;
  };

  return {
    async nextLine() {
      for (;;) {
        if (slices.isOver()) await slices.next();
        if (guard.signal.aborted) return { kind: "failed", failure: cut() };
        const line = received.takeLine(ended);
        if (line === "too_long") {
          const detail = `the target sent a line of more than ${LONGEST_LINE / 1024} KiB`;
          return { kind: "failed", failure: failed("too_large", detail) };
        }
        if (line !== undefined) return { kind: "line", line };
        if (ended) return { kind: "end" };
        const failure = await more();
        if (failure !== undefined) return { kind: "failed", failure };
      }
    },
    async nextBytes(count, fits) {
      for (;;) {
        const bytes = received.take(count);
        if (bytes !== undefined) return { kind: "bytes", bytes };
        if (ended || !fits(received.peek())) return { kind: "bytes", bytes: received.peek() };
        const failure = await more();
        if (failure !== undefined) return { kind: "failed", failure };
      }
    },
    send: (bytes) => write(socket, bytes, guard),
    rest: () => received.peek(),
  };
}

const cut = (): Failure<StreamReason> =>
  failed("timeout", "the target sent nothing more before the deadline");

/** Waits for the next bytes of a socket, or for its end. */
function nextChunk(socket: Socket, guard: StepGuard): Promise<Buffer | "end" | Failure<StreamReason>> {
  return new Promise((resolve) => {
    const finish = (result: Buffer | "end" | Failure<StreamReason>): void => {
      socket.off("readable", onReadable).off("end", onEnd).off("error", onError).off("close", onClose);
      guard.cut = undefined;
      resolve(result);
    };
    const onReadable = (): void => {
      const chunk: unknown = socket.read();
      if (Buffer.isBuffer(chunk)) finish(chunk);
    };
    const onEnd = (): void => finish("end");
    const onError = (error: Error): void => finish(brokenBy(error));
    const onClose = (): void => finish(failed("network", "the connection was closed"));
    guard.cut = () => finish(cut());
    if (guard.signal.aborted) return finish(cut());
    if (socket.readableEnded) return onEnd();
    if (socket.errored !== null) return onError(socket.errored);
    if (socket.destroyed) return onClose();
    socket.on("readable", onReadable).on("end", onEnd).on("error", onError).on("close", onClose);
    return onReadable();
  });
}

function write(socket: Socket, bytes: Buffer, guard: StepGuard): Promise<Failure<StreamReason> | undefined> {
  return new Promise((resolve) => {
    guard.cut = () => resolve(failed("timeout", "the target did not take what was sent before the deadline"));
    if (guard.signal.aborted) return guard.cut();
    socket.write(bytes, (error) => {
      guard.cut = undefined;
      resolve(error === null || error === undefined ? undefined : brokenBy(error));
    });
  });
}

/** Returns the failure of a connection that broke. In TLS 1.3 a server rejects a client certificate only after the handshake. */
function brokenBy(error: Error): Failure<StreamReason> {
  const isTls = (codeOf(error) ?? "").startsWith("ERR_SSL_");
  return failed(isTls ? "tls" : "network", `the connection broke: ${describeError(error)}`);
}

import { STATUS } from "./status.ts";

/** Length of the prefix of a message: a flag and four bytes of length. */
const PREFIX = 5;

/** The largest message accepted, in bytes. gRPC's default. */
export const LARGEST_MESSAGE = 4 * 1024 * 1024;

/** A body that is not one message, with the status that gRPC clients give it. */
export interface BodyFault {
  readonly reason: "malformed" | "too_large";
  readonly code: number;
  readonly detail: string;
}

/** Reads the body of a response to a unary call: one message with its length before it. */
export interface MessageReader {
  /** Takes the next bytes. Returns a fault as soon as they show one. */
  push(chunk: Buffer): BodyFault | undefined;
  /** Returns a fault if the stream must not end here. */
  end(): BodyFault | undefined;
}

/** Makes the fault of a body that is malformed. */
export const malformed = (detail: string): BodyFault => ({
  reason: "malformed",
  code: STATUS.internal,
  detail,
});

/**
 * Creates a reader.
 * @param encoding `grpc-encoding` of the response
 * @param onMessage called with the message once it is complete; returns a fault if it is malformed
 */
export function createMessageReader(
  encoding: string | undefined,
  onMessage: (message: Buffer) => BodyFault | undefined,
): MessageReader {
  let prefix = Buffer.alloc(0);
  let missing = 0;
  let parts: Buffer[] = [];
  let messages = 0;

  const startMessage = (): BodyFault | undefined => {
    missing = prefix.readUInt32BE(1);
    parts = [];
    if (missing <= LARGEST_MESSAGE) return undefined;
    return {
      reason: "too_large",
      code: STATUS.resourceExhausted,
      detail: `a message of ${missing} bytes, want at most ${LARGEST_MESSAGE}`,
    };
  };
  const finishMessage = (): BodyFault | undefined => {
    const [flag] = prefix;
    prefix = Buffer.alloc(0);
    if (flag === 1) return malformed(`a compressed message (grpc-encoding ${encoding ?? "is missing"})`);
    if (flag !== 0) return malformed(`a message with the unknown flag ${flag}`);
    messages += 1;
    return messages > 1 ? malformed("more than one message, want one") : onMessage(Buffer.concat(parts));
  };

  return {
    push(chunk) {
      let rest = chunk;
      while (rest.length > 0) {
        if (prefix.length < PREFIX) {
          const taken = rest.subarray(0, PREFIX - prefix.length);
          prefix = Buffer.concat([prefix, taken]);
          rest = rest.subarray(taken.length);
          if (prefix.length < PREFIX) return undefined;
          const fault = startMessage();
          if (fault !== undefined) return fault;
        }
        const part = rest.subarray(0, missing);
        parts.push(part);
        missing -= part.length;
        rest = rest.subarray(part.length);
        const fault = missing === 0 ? finishMessage() : undefined;
        if (fault !== undefined) return fault;
      }
      return undefined;
    },
    // Like Go's client, ignores the beginning of a prefix.
    end: () =>
      prefix.length < PREFIX ? undefined : malformed(`a message that ends ${missing} bytes too early`),
  };
}

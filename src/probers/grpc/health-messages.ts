/** Names of the serving statuses of `grpc.health.v1.HealthCheckResponse`, by number. */
export const SERVING_STATUSES = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"] as const;

/** Number of the status with which a probe succeeds. */
export const SERVING = 1;

/** Encodes a `HealthCheckRequest`: `string service = 1`. */
export function encodeHealthCheck(service: string): Buffer {
  if (service === "") return Buffer.alloc(0);
  const name = Buffer.from(service);
  return Buffer.concat([Buffer.from([0x0a, ...varint(name.length)]), name]);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return [...bytes, rest];
}

const LARGEST_FIELD = 2 ** 29 - 1;
const MOST_GROUPS = 100;

/**
 * Decodes a `HealthCheckResponse`: `ServingStatus status = 1`. Unknown fields are skipped, and the last of several values
 * counts, as protobuf demands.
 * @returns the number of the status, possibly one without a name, or `undefined` if the message is malformed
 */
export function decodeHealthStatus(message: Uint8Array): number | undefined {
  let at = 0;
  let status = 0;
  /** Group fields that are open, as their numbers. */
  const groups: number[] = [];

  /** Reads a number of up to 64 bits; the bits above are lost if there are more than 64. */
  const readVarint = (): bigint | undefined => {
    let value = 0n;
    for (let length = 0; length < 10; length += 1) {
      const byte = message[at];
      if (byte === undefined || (length === 9 && byte > 1)) return undefined;
      at += 1;
      value |= BigInt(byte & 0x7f) << BigInt(7 * length);
      if (byte < 0x80) return value;
    }
    return undefined;
  };
  const skip = (length: number): boolean => {
    at += length;
    return at <= message.length;
  };
  const readField = (field: number, type: number): boolean => {
    switch (type) {
      case 0: {
        const value = readVarint();
        if (value === undefined) return false;
        if (field === 1 && groups.length === 0) status = Number(BigInt.asIntN(32, value));
        return true;
      }
      case 1:
        return skip(8);
      case 2: {
        const length = readVarint();
        return length !== undefined && length <= message.length && skip(Number(length));
      }
      case 3:
        return groups.push(field) <= MOST_GROUPS;
      case 4:
        return groups.pop() === field;
      case 5:
        return skip(4);
      default:
        return false;
    }
  };

  while (at < message.length) {
    const tag = readVarint();
    if (tag === undefined) return undefined;
    const field = Number(tag >> 3n);
    if (field < 1 || field > LARGEST_FIELD || !readField(field, Number(tag & 7n))) return undefined;
  }
  return groups.length === 0 ? status : undefined;
}

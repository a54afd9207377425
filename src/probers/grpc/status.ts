import { constants } from "node:http2";

/** Names of the status codes of gRPC, by code. */
const NAMES = [
  "OK",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
] as const;

/** The status codes that the client itself gives, https://grpc.github.io/grpc/core/md_doc_statuscodes.html. */
export const STATUS = {
  ok: 0,
  cancelled: 1,
  unknown: 2,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** Names a status code for people: `NOT_FOUND (5)`. */
export const statusName = (code: number): string => {
  const name = NAMES[code];
  return name === undefined ? `the unknown code ${code}` : `${name} (${code})`;
};

/**
 * Parses `grpc-status` as Go does: a decimal number of 32 bits, possibly with a sign and leading zeros.
 * @returns the code as an unsigned number, or `undefined` if it is malformed
 */
export function parseStatus(text: string): number | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined;
  const code = Number(text);
  return code >= -(2 ** 31) && code < 2 ** 31 ? code >>> 0 : undefined;
}

const BY_HTTP_STATUS: Readonly<Record<number, number>> = {
  400: STATUS.internal,
  401: STATUS.unauthenticated,
  403: STATUS.permissionDenied,
  404: STATUS.unimplemented,
  429: STATUS.unavailable,
  502: STATUS.unavailable,
  503: STATUS.unavailable,
  504: STATUS.unavailable,
};

/** Returns the status of a response that is not gRPC, https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md. */
export const statusOfHttp = (status: number): number => BY_HTTP_STATUS[status] ?? STATUS.unknown;

const BY_RESET: Readonly<Record<number, number>> = {
  [constants.NGHTTP2_FLOW_CONTROL_ERROR]: STATUS.resourceExhausted,
  [constants.NGHTTP2_REFUSED_STREAM]: STATUS.unavailable,
  [constants.NGHTTP2_CANCEL]: STATUS.cancelled,
  [constants.NGHTTP2_ENHANCE_YOUR_CALM]: STATUS.resourceExhausted,
  [constants.NGHTTP2_INADEQUATE_SECURITY]: STATUS.permissionDenied,
};

/** Error codes of HTTP/2 (RFC 9113, 7) by number. */
const RESETS = [
  "NO_ERROR",
  "PROTOCOL_ERROR",
  "INTERNAL_ERROR",
  "FLOW_CONTROL_ERROR",
  "SETTINGS_TIMEOUT",
  "STREAM_CLOSED",
  "FRAME_SIZE_ERROR",
  "REFUSED_STREAM",
  "CANCEL",
  "COMPRESSION_ERROR",
  "CONNECT_ERROR",
  "ENHANCE_YOUR_CALM",
  "INADEQUATE_SECURITY",
  "HTTP_1_1_REQUIRED",
] as const;

/** Returns the status of a stream that was reset, by the error code of HTTP/2, as in Go. */
export const statusOfReset = (code: number): number =>
  BY_RESET[code] ?? (RESETS[code] === undefined ? STATUS.unknown : STATUS.internal);

/** Names an error code of HTTP/2. */
export const resetName = (code: number): string => RESETS[code] ?? `the unknown error ${code}`;

/** Decodes `grpc-message`: UTF-8 in percent-encoding. What is no valid encoding stays as it is. */
export function decodeStatusMessage(text: string): string {
  if (!text.includes("%")) return text;
  const bytes = Buffer.from(text)
    .toString("latin1")
    .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString();
}

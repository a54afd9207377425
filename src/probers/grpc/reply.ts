import { excerpt } from "../../core/excerpt.ts";
import { type RawHeaders, valuesOf } from "../http-headers.ts";
import { decodeHealthStatus } from "./health-messages.ts";
import { type BodyFault, createMessageReader, type MessageReader, malformed } from "./message-reader.ts";
import type { GrpcReason } from "./reasons.ts";
import {
  decodeStatusMessage,
  parseStatus,
  resetName,
  STATUS,
  statusName,
  statusOfHttp,
  statusOfReset,
} from "./status.ts";

/** The result of a health check. `code` is the status code of gRPC. */
export type CallResult = CallSuccess | CallFailure;

/** An answer with the status OK. */
export interface CallSuccess {
  readonly ok: true;
  /** Number of the serving status. */
  readonly serving: number;
}

/** Any other answer, or none. */
export interface CallFailure {
  readonly ok: false;
  readonly reason: GrpcReason;
  readonly code: number;
  readonly detail: string;
}

/** Makes the failure of a call. */
export const callFailure = (reason: GrpcReason, code: number, detail: string): CallFailure => ({
  ok: false,
  reason,
  code,
  detail,
});

/** Judges the parts of one response in the order in which they come. The first result counts. */
export interface ReplyReader {
  /** Takes the headers. `ended` is true if they end the stream. */
  headers(httpStatus: number, fields: RawHeaders, ended: boolean): CallResult | undefined;
  /** Takes a piece of the body. */
  data(chunk: Buffer): CallResult | undefined;
  /** Takes the trailers. */
  trailers(fields: RawHeaders): CallResult;
  /** Takes the end of a stream without trailers, and the error code with which it was reset. */
  closed(reset: number): CallResult;
}

/** Creates a reader of a response to a health check, with the verdicts of Go's client. */
export function createReplyReader(service: string): ReplyReader {
  let body: MessageReader | undefined;
  let serving: number | undefined;

  const decode = (message: Buffer): BodyFault | undefined => {
    serving = decodeHealthStatus(message);
    return serving === undefined ? malformed("a message that is no HealthCheckResponse") : undefined;
  };
  const finish = (fields: RawHeaders): CallResult => {
    const fault = body?.end();
    if (fault !== undefined) return faulty(fault);
    const status = valuesOf(fields, "grpc-status").at(-1);
    const code = status === undefined ? undefined : parseStatus(status);
    if (code === undefined) return callFailure("malformed", STATUS.unknown, "an answer without grpc-status");
    if (code !== STATUS.ok)
      return statusFailure(code, valuesOf(fields, "grpc-message").at(-1) ?? "", service);
    if (serving !== undefined) return { ok: true, serving };
    return callFailure("malformed", STATUS.internal, "the answer has grpc-status 0 and no message");
  };

  return {
    headers(httpStatus, fields, ended) {
      const fault = faultIn(fields);
      if (fault?.code === STATUS.unknown) return fault;
      if (!valuesOf(fields, "content-type").some(isGrpc)) return foreign(httpStatus, fields);
      if (fault !== undefined) return fault;
      if (ended) return finish(fields);
      body = createMessageReader(valuesOf(fields, "grpc-encoding").at(-1), decode);
      return undefined;
    },
    data(chunk) {
      const fault = body?.push(chunk);
      return fault && faulty(fault);
    },
    trailers: (fields) => faultIn(fields) ?? finish(fields),
    closed(reset) {
      if (reset !== 0)
        return callFailure("network", statusOfReset(reset), `the stream was reset with ${resetName(reset)}`);
      const fault = body?.end();
      if (fault !== undefined) return faulty(fault);
      return callFailure("malformed", STATUS.internal, "the answer ended without trailers");
    },
  };
}

const faulty = ({ reason, code, detail }: BodyFault): CallFailure =>
  callFailure(reason, code, `the answer has ${detail}`);

/** Returns true for the content types of gRPC, with a format or parameters. */
const isGrpc = (type: string): boolean => /^application\/grpc(?:$|[+;])/.test(type);

/** Returns the failure of an answer that does not come from a server of gRPC. */
function foreign(httpStatus: number, fields: RawHeaders): CallFailure {
  const [type] = valuesOf(fields, "content-type");
  const what = type === undefined ? "without content-type" : `with content-type ${excerpt(type)}`;
  return callFailure(
    httpStatus === 200 ? "malformed" : "http_status",
    statusOfHttp(httpStatus),
    `no answer of gRPC but HTTP status ${httpStatus} ${what}; a proxy or another server may have answered`,
  );
}

/** Returns the failure of headers or trailers that are malformed. */
function faultIn(fields: RawHeaders): CallFailure | undefined {
  const bad = valuesOf(fields, "grpc-status").find((status) => parseStatus(status) === undefined);
  if (bad !== undefined)
    return callFailure(
      "malformed",
      STATUS.unknown,
      `the answer has grpc-status ${JSON.stringify(excerpt(bad))}, want a number`,
    );
  const at = fields.findIndex(
    (text, i) => i % 2 === 0 && text.endsWith("-bin") && !isBase64(fields[i + 1] ?? ""),
  );
  if (at < 0) return undefined;
  return callFailure(
    "malformed",
    STATUS.internal,
    `the answer has a value of ${excerpt(fields[at] ?? "")} that is not base64`,
  );
}

const isBase64 = (text: string): boolean =>
  text.length % 4 === 0
    ? /^[A-Za-z0-9+/]*={0,2}$/.test(text)
    : text.length % 4 !== 1 && /^[A-Za-z0-9+/]*$/.test(text);

function statusFailure(code: number, message: string, service: string): CallFailure {
  const text = excerpt(decodeStatusMessage(message));
  const detail = `the server answered ${statusName(code)}${text === "" ? "" : `: ${text}`}`;
  return callFailure("grpc_status", code, detail + hintOf(code, service));
}

function hintOf(code: number, service: string): string {
  if (code === STATUS.unimplemented) return "; it may not have the service grpc.health.v1.Health";
  if (code === STATUS.notFound)
    return `; its health service does not know the service ${JSON.stringify(service)}`;
  return "";
}

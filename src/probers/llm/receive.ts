import type { IncomingHttpHeaders } from "node:http";
import { defined } from "../../core/defined.ts";
import type { Arrival } from "../../core/precision.ts";
import type { ProbeContext } from "../../core/prober.ts";
import { parseRetryAfter } from "../../core/retry-after.ts";
import { type Seconds, seconds } from "../../core/units.ts";
import { type Answer, addPiece, emptyAnswer, noteSilence } from "./answer/answer.ts";
import { type AnswerReader, answerReader } from "./answer/reader.ts";
import { stripThinking } from "./answer/strip-thinking.ts";
import type { Exchange, Receiver } from "./exchange.ts";
import type { LlmModule } from "./options.ts";
import { type Page, pageOf } from "./page.ts";
import { type RateLimit, readRateLimits } from "./rate-limits.ts";
import { type GatewayAttempts, gatewayAttempts, withServedBy } from "./served-by.ts";
import { tokensReceived } from "./token-limit.ts";
import { parseJson } from "./wire/json.ts";
import type { ApiError, Piece } from "./wire/types.ts";

/** Longest body of an unsuccessful response that is read, in bytes. */
const MAX_ERROR_BYTES = 2 ** 16;

/** Longest wait for the rest of a stream, such as its usage, after its finish reason: some servers never end it. */
const LONGEST_REST = seconds(1);

/** The response, as far as it was received. */
export interface PartialResponse {
  readonly status?: number;
  /** The beginning of the body of an unsuccessful response. */
  readonly errorBody: string;
  /** True if the body of a successful response began. */
  readonly began: boolean;
  /** The API's error in that body; absent if it is not in the API's form. */
  readonly apiError?: ApiError;
  /** Present if an unsuccessful response is not the API's. */
  readonly page?: Page;
  readonly answer: Answer;
  /** The end of the response, or its last piece if only an end was waited for that did not come. */
  readonly endedAt: Seconds;
  /** True if the server was silent in the middle of its answer for longer than `stall_timeout`. */
  readonly stalled: boolean;
  /** True if the answer is far longer than the token limit, so that reading stopped. */
  readonly limitIgnored: boolean;
  /** The wait before the next request that the server asks for. */
  readonly retryAfter?: Seconds;
  readonly rateLimits: readonly RateLimit[];
  /** The deployment, provider or model that a gateway says served the response. */
  readonly servedBy?: string;
  readonly attempts: GatewayAttempts;
}

/** The receiving side of one question. */
export interface ResponseReceiver {
  readonly receiver: Receiver;
  /** Aborts at the deadline, when the answer stalls, or when its end does not come after its finish reason. */
  readonly signal: AbortSignal;
  /** Returns the response. To be called once, after the exchange. */
  close(exchange: Exchange): PartialResponse;
}

/** Reads the response to one question into an answer. */
export function receive(
  module: LlmModule,
  { signal, clock }: Pick<ProbeContext, "signal" | "clock">,
): ResponseReceiver {
  const answer = emptyAnswer();
  const reader: AnswerReader = answerReader(withServedBy(module.format, module.servedBy), module.stream);
  const errorBody: Uint8Array[] = [];
  let errorBytes = 0;
  let began = false;
  let limitIgnored = false;
  /** False for servers that send a finish reason with every piece, as Gemini did for some time. */
  let finishIsFinal = true;
  let contentAfterFinish = false;
  let lastPieceAt: Arrival | undefined;
  let status: number | undefined;
  let headers: IncomingHttpHeaders = {};

  const stall = new AbortController();
  const rest = new AbortController();
  let cancelRest: (() => void) | undefined;
  let cancel: (() => void) | undefined;
  let watching = false;
  // One timer, set again if a piece arrived in the meantime, is cheaper than one timer per token.
  const watch = (limit: Seconds): void => {
    const silence = clock.arrival().earliest - (answer.times.last?.latest ?? 0);
    if (silence >= limit) stall.abort();
    else cancel = clock.timeout(seconds(limit - silence), () => watch(limit));
  };

  const add = (pieces: readonly Piece[], at?: Arrival): boolean => {
    if (pieces.length > 0) lastPieceAt = at ?? lastPieceAt;
    // What a server sends after the end does not count, in the same segment or in a later one.
    return pieces.some((piece) => {
      const isContent = piece.kind === "text" || piece.kind === "tool_call";
      if (answer.finish !== undefined && isContent) contentAfterFinish = true;
      // One event may say its finish reason before its content.
      if (piece.kind === "finish" && contentAfterFinish) finishIsFinal = false;
      return addPiece(answer, piece, at) || (at !== undefined && isTooLong());
    });
  };
  /** Returns true for a stream that should have ended. An answer that came to its end is judged, however long it is. */
  const isTooLong = (): boolean => {
    limitIgnored = answer.finish === undefined && tokensReceived(answer) > (module.readLimit ?? Infinity);
    return limitIgnored;
  };
  const isComplete = (): boolean => answer.finish !== undefined && finishIsFinal;
  const isSuccess = (): boolean => status !== undefined && status >= 200 && status <= 299;

  return {
    signal: AbortSignal.any([signal, stall.signal, rest.signal]),
    receiver: {
      head(code, responseHeaders) {
        status = code;
        headers = responseHeaders;
      },
      data(chunk, at) {
        if (!isSuccess()) {
          errorBody.push(chunk);
          errorBytes += chunk.length;
          return errorBytes > MAX_ERROR_BYTES;
        }
        began = true;
        const before = { finish: answer.finish, count: answer.times.count };
        const enough = add(reader.feed(chunk), at);
        if (before.finish !== undefined && answer.times.count > before.count) finishIsFinal = false;
        cancelRest?.();
        if (isComplete()) cancelRest = clock.timeout(LONGEST_REST, () => rest.abort());
        if (module.stallTimeout !== undefined && !watching && answer.times.last !== undefined) {
          watching = true;
          watch(module.stallTimeout);
        }
        return enough;
      },
    },
    close(exchange) {
      cancel?.();
      cancelRest?.();
      // The remainder of a body that was cut off is not part of the answer.
      if (isSuccess() && exchange.ending.kind === "ended") add(reader.finish());
      if (module.thinking === "strip") stripThinking(answer);
      if (wasCutAtLimit(answer, module)) answer.finish = "length";
      const aborted = exchange.ending.kind === "aborted";
      const isUnended = aborted && isComplete();
      if (isUnended) answer.ended = true;
      else if (aborted) noteSilence(answer.times, exchange.end);
      const body = new TextDecoder().decode(Buffer.concat(errorBody));
      const page = status === undefined || isSuccess() ? undefined : pageOf(body, headers);
      const parsed = parseJson(body);
      const apiError = parsed.ok && !isSuccess() ? module.format.readError(parsed.value, headers) : undefined;
      // A successful response may contain an error.
      const inBody = (apiError ?? answer.error)?.retryAfter;
      const inHeaders = isSuccess() ? undefined : parseRetryAfter(headers, clock.now());
      const retryAfter = inHeaders ?? inBody;
      const inError = parsed.ok && !isSuccess() ? module.servedBy.inBody(parsed.value) : undefined;
      const servedBy = module.servedBy.inHeaders(headers) ?? answer.servedBy ?? inError;
      return {
        ...defined({ status }),
        errorBody: body,
        began,
        ...defined({ apiError, page }),
        answer,
        endedAt: ((isUnended ? lastPieceAt : undefined) ?? exchange.end).earliest,
        stalled: stall.signal.aborted && !answer.ended,
        ...defined({ retryAfter }),
        limitIgnored,
        rateLimits: readRateLimits(headers, clock),
        ...defined({ servedBy }),
        attempts: gatewayAttempts(headers),
      };
    },
  };
}

/** Returns true for an answer that was cut off at the token limit although the server reports it as complete. */
const wasCutAtLimit = ({ finish, usage }: Answer, { format, maxTokens }: LlmModule): boolean =>
  format.abilities.completesAtLimit === true && finish === "stop" && (usage.output ?? 0) >= maxTokens;

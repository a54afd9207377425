import type { IncomingHttpHeaders } from "node:http";
import { defined } from "../../core/defined.ts";
import type { ProbeContext } from "../../core/prober.ts";
import { type Seconds, seconds } from "../../core/units.ts";
import { type Answer, addPiece, emptyAnswer, noteSilence } from "./answer/answer.ts";
import { type AnswerReader, answerReader } from "./answer/reader.ts";
import type { Exchange, Receiver } from "./exchange.ts";
import type { LlmModule } from "./options.ts";
import { type RateLimit, readRateLimits, retryAfterOf } from "./rate-limits.ts";
import { parseJson } from "./wire/json.ts";
import type { ApiError, Piece } from "./wire/types.ts";

/** Enough to tell an error by. */
const MAX_ERROR_BYTES = 2 ** 16;

/** What came back, as far as it came. */
export interface PartialResponse {
  readonly status?: number;
  /** Beginning of the body of a response that is none of success. */
  readonly errorBody: string;
  /** What the API says in it; absent when it is not in the API's form. */
  readonly apiError?: ApiError;
  readonly answer: Answer;
  /** The server fell silent in the middle of its answer for longer than `stall_timeout`. */
  readonly stalled: boolean;
  /** The server asked not to be asked again for this long. */
  readonly retryAfter?: Seconds;
  readonly rateLimits: readonly RateLimit[];
}

/** The receiving side of one probe. */
export interface ResponseReceiver {
  readonly receiver: Receiver;
  /** The deadline, or the end of patience with a stalled answer. */
  readonly signal: AbortSignal;
  /** To be called once when the exchange is over. */
  close(exchange: Exchange): PartialResponse;
}

/** Reads the response of one probe into an answer. */
export function receive(
  module: LlmModule,
  { signal, clock }: Pick<ProbeContext, "signal" | "clock">,
): ResponseReceiver {
  const answer = emptyAnswer();
  const reader: AnswerReader = answerReader(module.format, module.stream);
  const errorBody: Uint8Array[] = [];
  let errorBytes = 0;
  let status: number | undefined;
  let headers: IncomingHttpHeaders = {};

  const stall = new AbortController();
  let cancel: (() => void) | undefined;
  let watching = false;
  // One timer that is set again when it finds that something came meanwhile, instead of one per token.
  const watch = (limit: Seconds): void => {
    const silence = clock.monotonic() - (answer.times.last ?? 0);
    if (silence >= limit) stall.abort();
    else cancel = clock.after(seconds(limit - silence), () => watch(limit));
  };

  const add = (pieces: readonly Piece[], at?: Seconds): boolean => {
    let enough = false;
    for (const piece of pieces) enough = addPiece(answer, piece, at) || enough;
    return enough;
  };
  const isSuccess = (): boolean => status !== undefined && status >= 200 && status <= 299;

  return {
    signal: module.stallTimeout === undefined ? signal : AbortSignal.any([signal, stall.signal]),
    receiver: {
      head(code, given) {
        status = code;
        headers = given;
      },
      data(chunk, at) {
        if (!isSuccess()) {
          errorBody.push(chunk);
          errorBytes += chunk.length;
          return errorBytes > MAX_ERROR_BYTES;
        }
        const enough = add(reader.feed(chunk), at);
        if (module.stallTimeout !== undefined && !watching && answer.times.last !== undefined) {
          watching = true;
          watch(module.stallTimeout);
        }
        return enough;
      },
    },
    close(exchange) {
      cancel?.();
      // What is left of a body that was cut off is no answer.
      if (isSuccess() && exchange.ending.kind === "ended") add(reader.finish());
      if (wasCutAtLimit(answer, module)) answer.finish = "length";
      if (exchange.ending.kind === "aborted") noteSilence(answer.times, exchange.end);
      const body = new TextDecoder().decode(Buffer.concat(errorBody));
      const parsed = parseJson(body);
      const apiError = parsed.ok && !isSuccess() ? module.format.readError(parsed.value, headers) : undefined;
      // An error may come inside a response whose headers say success.
      const inBody = (apiError ?? answer.error)?.retryAfter;
      const retryAfter = isSuccess() ? inBody : (retryAfterOf(headers, clock) ?? inBody);
      return {
        ...defined({ status }),
        errorBody: body,
        ...defined({ apiError }),
        answer,
        stalled: stall.signal.aborted && !answer.ended,
        ...defined({ retryAfter }),
        rateLimits: readRateLimits(headers, clock),
      };
    },
  };
}

const wasCutAtLimit = ({ finish, usage }: Answer, { format, maxTokens }: LlmModule): boolean =>
  format.abilities.completesAtLimit === true && finish === "stop" && (usage.output ?? 0) >= maxTokens;

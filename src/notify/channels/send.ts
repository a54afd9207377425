import type { Channel } from "../../core/channel.ts";
import type { Clock } from "../../core/clock.ts";
import { defined } from "../../core/defined.ts";
import { excerpt } from "../../core/excerpt.ts";
import type { Seconds } from "../../core/units.ts";
import { type OutboundReply, send } from "../delivery/http-client.ts";
import { secretsIn } from "../delivery/request-secrets.ts";
import { isPermanentFailure } from "../delivery/webhook.ts";
import type { Message } from "../notices/message.ts";
import { textOf } from "../notices/text.ts";
import { sendMail } from "./email.ts";
import { presetOf } from "./index.ts";
import { type ChannelReply, LONGEST_EXCERPT } from "./reply.ts";

/** The part of a channel that sends. */
export type Sender = Pick<Channel, "preset" | "timeout" | "timeZone" | "tls">;

/** Services that sending needs. */
export interface SendDeps {
  readonly clock: Clock;
}

/** Most bytes read of a response. */
const LONGEST_RESPONSE = 2_048;

/** Sends a message to a channel once. */
export async function sendOnce(
  channel: Sender,
  message: Message,
  signal: AbortSignal,
  { clock }: SendDeps,
): Promise<ChannelReply> {
  const { preset: choice, timeout, timeZone, tls } = channel;
  if (choice.name === "email") return sendMail(choice.options, channel, message, signal, clock);
  const preset = presetOf(choice);
  const text = textOf(message, preset.limits, timeZone);
  const { secrets = [], ...request } = await preset.request(choice.options, text, message);
  const outbound = {
    ...request,
    headers: { "content-type": "application/json", ...request.headers },
    body: Buffer.from(JSON.stringify(request.body)),
    timeout,
    tls,
    maxBodyBytes: LONGEST_RESPONSE,
  };
  const hidden = [...secretsIn(outbound), ...secrets.filter((secret) => secret.length >= SHORTEST_SECRET)];
  const reply = await send(outbound, signal, clock);
  return replyOf(reply, hidden, preset.retryAfter);
}

/** Shortest text that is redacted, as in `secretsIn`. */
const SHORTEST_SECRET = 4;

function replyOf(
  reply: OutboundReply,
  secrets: readonly string[],
  waitIn: ((body: unknown) => Seconds | undefined) | undefined,
): ChannelReply {
  if (reply.kind !== "answer") return { result: { kind: "failed", detail: reply.detail }, excerpt: "" };
  const { status, body } = reply;
  const text = excerpt(body.trim(), secrets, LONGEST_EXCERPT);
  if (status >= 200 && status <= 299) return { result: { kind: "delivered" }, status, excerpt: text };
  const detail = `got status ${status}`;
  const response = { status, excerpt: text };
  if (isPermanentFailure(status)) return { result: { kind: "refused", detail, response }, ...response };
  const retryAfter = reply.retryAfter ?? waitIn?.(parsed(body));
  return { result: { kind: "failed", detail, response, ...defined({ retryAfter }) }, ...response };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

import type { Seconds } from "../../core/units.ts";
import type { Message } from "../notices/message.ts";
import type { MessageText, TextLimits } from "../notices/text.ts";

/** A request to the service of a channel. */
export interface ChannelRequest {
  readonly method: "POST" | "PUT";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body: unknown;
  /** Credentials in the body, which must not be shown if the service repeats them. */
  readonly secrets?: readonly string[];
}

/** A service that takes messages by HTTP. */
export interface HttpPreset<Options> {
  readonly limits: TextLimits;
  /** Writes a message for the service. Rejects if a secret cannot be read. */
  readonly request: (options: Options, text: MessageText, message: Message) => Promise<ChannelRequest>;
  /** Returns the wait that the body of an error asks for. */
  readonly retryAfter?: (body: unknown) => Seconds | undefined;
}

/** The length of a text in bytes of UTF-8. */
export const bytesOf = (text: string): number => Buffer.byteLength(text);

/** Appends the address of the exporter to a text, for services without a field for it. */
export const withLink = (body: string, { link }: Pick<Message, "link">): string =>
  link === undefined ? body : `${body}\n${link}`;

/** Room kept for the address of the exporter. */
export const LINK_ROOM = 300;

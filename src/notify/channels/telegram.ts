import type { ChannelOptions } from "../../core/channel.ts";
import { defined } from "../../core/defined.ts";
import { escapeHtml } from "../../core/escape.ts";
import { isObject } from "../../core/json-object.ts";
import { boundedWait } from "../../core/retry-after.ts";
import { type HttpPreset, LINK_ROOM, withLink } from "./preset.ts";

/**
 * Telegram's Bot API. A text has at most 4,096 characters after its entities are parsed, so escaping does not count.
 * https://core.telegram.org/bots/api#sendmessage
 */
export const telegram: HttpPreset<ChannelOptions["telegram"]> = {
  limits: { title: 256, body: 4_096 - 258 - LINK_ROOM },
  async request({ apiUrl, token, chat, thread }, { title, body }, message) {
    const key = await token.reveal();
    return {
      method: "POST",
      url: `${apiUrl.replace(/\/$/, "")}/bot${key}/sendMessage`,
      headers: {},
      body: {
        chat_id: chat,
        text: `<b>${escapeHtml(title)}</b>\n${escapeHtml(withLink(body, message))}`,
        parse_mode: "HTML",
        link_preview_options: { is_disabled: true },
        disable_notification: message.severity === "info",
        ...defined({ message_thread_id: thread }),
      },
      secrets: [key],
    };
  },
  /** https://core.telegram.org/bots/api#responseparameters */
  retryAfter(body) {
    const parameters = isObject(body) ? body["parameters"] : undefined;
    const wait = isObject(parameters) ? parameters["retry_after"] : undefined;
    return boundedWait(wait);
  },
};

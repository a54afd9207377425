import type { ChannelOptions } from "../../core/channel.ts";
import { type HttpPreset, LINK_ROOM, withLink } from "./preset.ts";

const COLOURS = { critical: "#d0021b", warning: "#f5a623", info: "#2eb886" } as const;

/** Escapes the three characters that start markup: https://docs.slack.dev/messaging/formatting-message-text#escaping */
const escape = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/**
 * An incoming webhook of Slack: a text for notifications, and an attachment with a colour whose section has at most 3,000
 * characters. https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
 */
export const slack: HttpPreset<ChannelOptions["slack"]> = {
  limits: { title: 150, body: 3_000 - LINK_ROOM, size: (text) => escape(text).length },
  request: async ({ url }, { title, body }, message) => ({
    method: "POST",
    url: await url.reveal(),
    headers: {},
    body: {
      text: escape(title),
      attachments: [
        {
          color: COLOURS[message.severity],
          fallback: escape(title),
          blocks: [
            {
              type: "section",
              text: { type: "mrkdwn", text: withLink(escape(body), message), verbatim: true },
            },
          ],
        },
      ],
    },
  }),
};

import type { ChannelOptions } from "../../core/channel.ts";
import { defined } from "../../core/defined.ts";
import type { HttpPreset } from "./preset.ts";

/** High priority bypasses the quiet hours of the user; emergencies, which have to be acknowledged, are left to people. */
const PRIORITIES = { critical: 1, warning: 0, info: -1 } as const;

/**
 * Pushover: a message of at most 1,024 characters with a title of at most 250, and an address with a title of its own.
 * https://pushover.net/api
 */
export const pushover: HttpPreset<ChannelOptions["pushover"]> = {
  limits: { title: 250, body: 1_024, size: (text) => Array.from(text).length },
  async request({ apiUrl, token, user, device }, { title, body }, { severity, link, at }) {
    const [key, recipient] = [await token.reveal(), await user.reveal()];
    return {
      method: "POST",
      url: `${apiUrl.replace(/\/$/, "")}/1/messages.json`,
      headers: {},
      body: {
        token: key,
        user: recipient,
        title,
        message: body,
        priority: PRIORITIES[severity],
        timestamp: Math.floor(at),
        ...(link === undefined ? {} : { url: link, url_title: "Open heartbeat-exporter" }),
        ...defined({ device }),
      },
      secrets: [key, recipient],
    };
  },
};

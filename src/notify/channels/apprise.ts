import type { ChannelOptions } from "../../core/channel.ts";
import { defined } from "../../core/defined.ts";
import { type HttpPreset, LINK_ROOM, withLink } from "./preset.ts";

const TYPES = { critical: "failure", warning: "warning", info: "success" } as const;

/**
 * The Apprise API: `/notify/KEY` for a configuration that it keeps, `/notify` with `urls`. The services behind it have limits of
 * their own, which Apprise applies. https://github.com/caronc/apprise-api#api-details
 */
export const apprise: HttpPreset<ChannelOptions["apprise"]> = {
  limits: { title: 250, body: 10_000 - LINK_ROOM },
  async request({ url, urls, tag }, { title, body }, message) {
    const services = await urls?.reveal();
    return {
      method: "POST",
      url: await url.reveal(),
      headers: {},
      body: {
        title,
        body: withLink(body, message),
        type: TYPES[message.severity],
        format: "text",
        ...defined({ urls: services, tag }),
      },
      secrets: services === undefined ? [] : [services, ...services.split(/[\s,]+/)],
    };
  },
};

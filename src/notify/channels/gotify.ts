import type { ChannelOptions } from "../../core/channel.ts";
import type { HttpPreset } from "./preset.ts";

/** https://github.com/gotify/android#message-priorities */
const PRIORITIES = { critical: 8, warning: 5, info: 2 } as const;

/** Gotify. https://gotify.net/docs/pushmsg and https://gotify.net/docs/msgextras */
export const gotify: HttpPreset<ChannelOptions["gotify"]> = {
  limits: { title: 250, body: 16_000 },
  request: async ({ url, token }, { title, body }, { severity, link }) => ({
    method: "POST",
    url: `${(await url.reveal()).replace(/\/$/, "")}/message`,
    headers: { "X-Gotify-Key": await token.reveal() },
    body: {
      title,
      message: body,
      priority: PRIORITIES[severity],
      ...(link === undefined ? {} : { extras: { "client::notification": { click: { url: link } } } }),
    },
  }),
};

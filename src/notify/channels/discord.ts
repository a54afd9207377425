import type { ChannelOptions } from "../../core/channel.ts";
import { defined } from "../../core/defined.ts";
import { isObject } from "../../core/json-object.ts";
import { boundedWait } from "../../core/retry-after.ts";
import { escapeMarkdown } from "./markdown.ts";
import type { HttpPreset } from "./preset.ts";

const COLOURS = { critical: 0xd0_02_1b, warning: 0xf5_a6_23, info: 0x2e_b8_86 } as const;

/**
 * A webhook of Discord, with one embed: its title has at most 256 characters, its description 4,096, both together 6,000.
 * Mentions are off. https://discord.com/developers/docs/resources/webhook#execute-webhook
 */
export const discord: HttpPreset<ChannelOptions["discord"]> = {
  limits: { title: 256, body: 4_096, size: (text) => escapeMarkdown(text).length },
  request: async ({ url }, { title, body }, { severity, link, at }) => ({
    method: "POST",
    url: await url.reveal(),
    headers: {},
    body: {
      embeds: [
        {
          title: escapeMarkdown(title),
          description: escapeMarkdown(body),
          color: COLOURS[severity],
          timestamp: new Date(at * 1000).toISOString(),
          ...defined({ url: link }),
        },
      ],
      allowed_mentions: { parse: [] },
    },
  }),
  /** https://discord.com/developers/docs/topics/rate-limits */
  retryAfter(body) {
    const wait = isObject(body) ? body["retry_after"] : undefined;
    return boundedWait(wait);
  },
};

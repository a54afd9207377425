import type { ChannelOptions } from "../../core/channel.ts";
import { escapeMarkdown } from "./markdown.ts";
import { bytesOf, type HttpPreset } from "./preset.ts";

const COLOURS = { critical: "attention", warning: "warning", info: "good" } as const;

/**
 * A webhook of a Teams workflow, which takes Adaptive Cards only, of at most 28 KB.
 * https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
 */
export const teams: HttpPreset<ChannelOptions["teams"]> = {
  limits: { title: 500, body: 20_000, size: (text) => bytesOf(JSON.stringify(escapeMarkdown(text))) },
  request: async ({ url }, { title, body }, { severity, link }) => ({
    method: "POST",
    url: await url.reveal(),
    headers: {},
    body: {
      type: "message",
      attachments: [
        {
          contentType: "application/vnd.microsoft.card.adaptive",
          contentUrl: null,
          content: {
            $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
            type: "AdaptiveCard",
            version: "1.4",
            body: [
              {
                type: "TextBlock",
                text: escapeMarkdown(title),
                weight: "Bolder",
                size: "Medium",
                color: COLOURS[severity],
                wrap: true,
              },
              // A single line break is not one in the text of a card.
              { type: "TextBlock", text: escapeMarkdown(body).replaceAll("\n", "\n\n"), wrap: true },
            ],
            ...(link === undefined
              ? {}
              : { actions: [{ type: "Action.OpenUrl", title: "Open heartbeat-exporter", url: link }] }),
          },
        },
      ],
    },
  }),
};

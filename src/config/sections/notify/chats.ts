import { defined } from "../../../core/defined.ts";
import { checkUrl } from "../http-auth.ts";
import { count, word } from "../schema-words.ts";
import { requiredSecret } from "../secret-options.ts";
import { definePreset, tokenProperties, urlProperties, urlSecret } from "./preset.ts";

/** Telegram. */
export const telegramSection = definePreset({
  schema: {
    type: "object",
    description: "Telegram: a message of a bot.",
    properties: {
      ...tokenProperties("Token of the bot"),
      chat: {
        type: ["string", "integer"],
        description: "Id of the chat, or `@name` of a channel.",
      },
      thread: { ...count, description: "Id of a topic in a group with topics." },
      api_url: {
        ...word,
        default: "https://api.telegram.org",
        description: "Address of the Bot API, for a server of your own.",
      },
    },
    required: ["chat"],
    additionalProperties: false,
  },
  build(raw, path, context) {
    const { api_url: apiUrl, chat, thread } = raw;
    checkUrl(apiUrl, [...path, "api_url"], context);
    const token = requiredSecret(raw, "token", path, context);
    return { apiUrl, token, chat: String(chat), ...defined({ thread }) };
  },
});

/** Discord. */
export const discordSection = definePreset({
  schema: {
    type: "object",
    description: "Discord: a webhook of a channel.",
    properties: urlProperties("Address of the webhook"),
    additionalProperties: false,
  },
  build: (raw, path, context) => ({ url: urlSecret(raw, path, context) }),
});

/** Slack. */
export const slackSection = definePreset({
  schema: {
    type: "object",
    description: "Slack: an incoming webhook.",
    properties: urlProperties("Address of the webhook"),
    additionalProperties: false,
  },
  build: (raw, path, context) => ({ url: urlSecret(raw, path, context) }),
});

/** Microsoft Teams. */
export const teamsSection = definePreset({
  schema: {
    type: "object",
    description: "Microsoft Teams: the webhook of a workflow, which posts an Adaptive Card.",
    properties: urlProperties("Address of the workflow"),
    additionalProperties: false,
  },
  build: (raw, path, context) => ({ url: urlSecret(raw, path, context) }),
});

/** Matrix. */
export const matrixSection = definePreset({
  schema: {
    type: "object",
    description: "Matrix: a message in a room.",
    properties: {
      homeserver: { ...word, description: "Address of the homeserver: `https://matrix.org`." },
      room: { ...word, description: "Id of the room: `!id:server`." },
      ...tokenProperties("Access token of the user that sends"),
    },
    required: ["homeserver", "room"],
    additionalProperties: false,
  },
  build(raw, path, context) {
    const { homeserver, room } = raw;
    checkUrl(homeserver, [...path, "homeserver"], context);
    return { homeserver, room, token: requiredSecret(raw, "token", path, context) };
  },
});

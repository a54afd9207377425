import { defined } from "../../../core/defined.ts";
import { checkUrl } from "../http-auth.ts";
import { word } from "../schema-words.ts";
import { optionalSecret, requiredSecret } from "../secret-options.ts";
import {
  definePreset,
  loginOf,
  loginProperties,
  tokenProperties,
  urlProperties,
  urlSecret,
} from "./preset.ts";

/** ntfy. */
export const ntfySection = definePreset({
  schema: {
    type: "object",
    description: "ntfy: a message to a topic.",
    properties: {
      ...urlProperties("Address of the topic: `https://ntfy.sh/my-topic`"),
      ...tokenProperties("Access token, for a topic that is protected"),
      ...loginProperties,
    },
    additionalProperties: false,
  },
  build(raw, path, context) {
    const { url } = raw;
    if (url !== undefined && URL.canParse(url) && new URL(url).pathname.replaceAll("/", "") === "")
      context.problems.add({
        path: [...path, "url"],
        want: "the address of a topic, such as https://ntfy.sh/my-topic",
      });
    const token = optionalSecret(raw, "token", path, context);
    const login = loginOf(raw, path, context);
    if (token !== undefined && login !== undefined)
      context.problems.add({ path, got: "token and username", want: "only one of them" });
    return { url: urlSecret(raw, path, context), ...defined({ token, login }) };
  },
});

/** Pushover. */
export const pushoverSection = definePreset({
  schema: {
    type: "object",
    description: "Pushover: a message to a user or a group.",
    properties: {
      ...tokenProperties("Token of the application"),
      user: { ...word, writeOnly: true, description: "Key of the user or the group." },
      user_file: { ...word, description: "File with the key; read again when it changes." },
      device: { ...word, description: "Name of a device. Default: all." },
      api_url: { ...word, default: "https://api.pushover.net", description: "Address of the API." },
    },
    additionalProperties: false,
  },
  build(raw, path, context) {
    const { api_url: apiUrl, device } = raw;
    checkUrl(apiUrl, [...path, "api_url"], context);
    const token = requiredSecret(raw, "token", path, context);
    return { apiUrl, token, user: requiredSecret(raw, "user", path, context), ...defined({ device }) };
  },
});

/** Gotify. */
export const gotifySection = definePreset({
  schema: {
    type: "object",
    description: "Gotify: a message of an application.",
    properties: { ...urlProperties("Address of the server"), ...tokenProperties("Token of the application") },
    additionalProperties: false,
  },
  build: (raw, path, context) => ({
    url: urlSecret(raw, path, context),
    token: requiredSecret(raw, "token", path, context),
  }),
});

import type { ChannelOptions } from "../../core/channel.ts";
import { defined } from "../../core/defined.ts";
import { bytesOf, type HttpPreset } from "./preset.ts";

const PRIORITIES = { critical: 5, warning: 4, info: 3 } as const;

/**
 * ntfy, published as JSON to the server's root, because titles in headers are limited to ASCII. Messages above 4,096 bytes would
 * become attachments. https://docs.ntfy.sh/publish/#publish-as-json
 */
export const ntfy: HttpPreset<ChannelOptions["ntfy"]> = {
  limits: { title: 250, body: 4_000, size: bytesOf },
  async request({ url, token, login }, { title, body }, { severity, link }) {
    const topic = new URL(await url.reveal());
    const [, root = "/", name = ""] = /^(.*\/)([^/]*)$/.exec(topic.pathname.replace(/\/$/, "")) ?? [];
    return {
      method: "POST",
      url: new URL(root, topic).href,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${await token.reveal()}` }),
        ...(login === undefined
          ? {}
          : { authorization: basic(login.username, await login.password.reveal()) }),
      },
      body: {
        topic: decodeURIComponent(name),
        title,
        message: body,
        priority: PRIORITIES[severity],
        ...defined({ click: link }),
      },
      secrets: [name],
    };
  },
};

const basic = (username: string, password: string): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;

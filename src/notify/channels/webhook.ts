import { type ChannelOptions, MESSAGE_FIELDS, type MessageField } from "../../core/channel.ts";
import { mapTexts } from "../../core/placeholder.ts";
import { fillFields } from "../../core/template.ts";
import { rfc3339, type Timestamp } from "../../core/units.ts";
import type { Message, MessageItem } from "../notices/message.ts";
import type { MessageText } from "../notices/text.ts";
import type { HttpPreset } from "./preset.ts";

/** Any service that takes JSON: the whole message, or a body by template. */
export const webhook: HttpPreset<ChannelOptions["webhook"]> = {
  limits: { title: 250, body: 100_000 },
  async request({ url, headers, template }, text, message) {
    const own = await Promise.all(
      Array.from(headers, async ([name, value]) => [name.toLowerCase(), await value.reveal()] as const),
    );
    return {
      method: "POST",
      url: await url.reveal(),
      headers: { ...Object.fromEntries(own), "webhook-id": message.id },
      body:
        template === undefined
          ? wholeMessage(message, text)
          : mapTexts(template, (one) =>
              fillFields(one, MESSAGE_FIELDS, (field) => FIELDS[field](message, text)),
            ),
    };
  },
};

const wholeMessage = (message: Message, { title, body }: MessageText) => ({
  id: message.id,
  at: rfc3339(message.at),
  severity: message.severity,
  status: statusOf(message),
  title,
  text: body,
  link: message.link ?? null,
  omitted: message.omitted,
  events: message.items.map((item) => ({
    event: item.event,
    kind: item.kind,
    subject: item.name,
    severity: item.severity,
    since: rfc3339(item.at),
    reason: item.reason ?? null,
    detail: item.detail ?? null,
    last_success: timeOf(item.lastSuccess) ?? null,
  })),
});

const statusOf = ({ severity, test }: Message): string =>
  test === true ? "test" : severity === "info" ? "resolved" : "firing";

const timeOf = (at: Timestamp | undefined): string | undefined =>
  at === undefined ? undefined : rfc3339(at);

const first = ({ items }: Message): MessageItem | undefined => items[0];

const FIELDS: Readonly<Record<MessageField, (message: Message, text: MessageText) => string>> = {
  id: ({ id }) => id,
  title: (_message, { title }) => title,
  text: (_message, { body }) => body,
  status: statusOf,
  severity: ({ severity }) => severity,
  event: (message) => first(message)?.event ?? "",
  subject: (message) => first(message)?.name ?? "",
  kind: (message) => first(message)?.kind ?? "",
  reason: (message) => first(message)?.reason ?? "",
  detail: (message) => first(message)?.detail ?? "",
  since: (message) => timeOf(first(message)?.at) ?? "",
  last_success: (message) => timeOf(first(message)?.lastSuccess) ?? "",
  count: ({ items, omitted }) => String(items.length + omitted),
  link: ({ link }) => link ?? "",
};

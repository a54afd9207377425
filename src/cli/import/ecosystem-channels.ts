import { escapeReferences } from "../../config/document/convert.ts";
import { defined } from "../../core/defined.ts";
import type { Fields } from "./fields.ts";
import type { Import } from "./names.ts";
import type { Secrets } from "./secrets.ts";

type Section = (channel: Fields, secrets: Secrets) => object | undefined;

/** The channels of the file, each with its name and preset in the configuration. */
const CHANNELS = [
  ["email_notifications", "email", emailSection],
  ["slack_notifications", "slack", slackSection],
  ["webhook_notifications", "webhook", webhookSection],
] as const satisfies readonly (readonly [string, string, Section])[];

/** Returns the section `notify` for the channels under `alerting`. Channels that are not enabled are noted. */
export function ecosystemChannels(alerting: Fields | undefined, { secrets }: Import): readonly object[] {
  if (alerting === undefined) return [];
  const channels = CHANNELS.flatMap(([key, preset, sectionOf]) => {
    const channel = alerting.map(key);
    if (channel === undefined) return [];
    if (channel.flag("enabled") === false) {
      channel.note("not imported: it is not enabled");
      return [];
    }
    const section = sectionOf(channel, secrets);
    channel.end();
    return section === undefined ? [] : [{ name: preset, [preset]: section }];
  });
  alerting.end();
  return channels;
}

/** The usual port of SMTP with TLS from the start. */
const SMTPS = 465;

function emailSection(channel: Fields, secrets: Secrets): object | undefined {
  const [host, from] = [channel.text("smtp_server"), channel.text("from_email")];
  const to = channel.any("to_email");
  const recipients = (Array.isArray(to) ? to.map(String) : typeof to === "string" ? to.split(/[,;]/) : [])
    .map((one) => one.trim())
    .filter((one) => one !== "");
  const port = channel.number("smtp_port");
  const [username, password] = [channel.text("username"), channel.text("password")];
  const plain = channel.flag("use_tls") === false;
  if (host === undefined || from === undefined || recipients.length === 0) {
    channel.note("not imported: want smtp_server, from_email and to_email");
    return undefined;
  }
  if (username === undefined && password !== undefined)
    channel.note("not imported: a password without username", "password");
  if (username !== undefined && password === undefined)
    channel.note("not imported: a user without a password", "username");
  if (plain && username !== undefined)
    channel.note("not imported: a password is only sent over TLS, so STARTTLS is required", "use_tls");
  const encryption = port === SMTPS ? "tls" : plain && username === undefined ? "none" : undefined;
  return {
    host: escapeReferences(host),
    ...defined({ port, encryption }),
    from: escapeReferences(from),
    to: recipients.map(escapeReferences),
    ...(username === undefined || password === undefined
      ? {}
      : {
          username: escapeReferences(username),
          ...secrets.option("password", password, "SMTP_PASSWORD", [...channel.path, "password"]),
        }),
  };
}

function slackSection(channel: Fields, secrets: Secrets): object | undefined {
  const url = channel.text("webhook_url");
  channel.omit("channel", "Slack posts to the channel of the incoming webhook");
  channel.omit("username", "Slack shows the name of the incoming webhook");
  if (url !== undefined) return secrets.option("url", url, "SLACK_URL", [...channel.path, "webhook_url"]);
  channel.note("not imported: want webhook_url");
  return undefined;
}

function webhookSection(channel: Fields, secrets: Secrets): object | undefined {
  const url = channel.text("url");
  const given = channel.map("headers");
  const headers: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given?.all() ?? {})) {
    // The exporter sets it, always to the same type.
    if (name.toLowerCase() === "content-type") continue;
    headers[name] = secrets.header(String(value), `WEBHOOK_${name}`, [...channel.path, "headers", name]);
  }
  if (url === undefined) {
    channel.note("not imported: want url");
    return undefined;
  }
  return {
    ...secrets.option("url", url, "WEBHOOK_URL", [...channel.path, "url"]),
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
  };
}

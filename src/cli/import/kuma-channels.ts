import { type Fields, fieldsOf } from "./fields.ts";
import type { Import } from "./names.ts";

/** Returns an option with the secret under `key`, or with `value`, which contains it. */
type TakeSecret = (key: string, option: Option, name: string, value?: string) => object;
type Section = (settings: Fields, secret: TakeSecret) => object;
type Option = "url" | "token" | "password" | "user";

/** The presets by Uptime Kuma's types of notifications. */
const TYPES: Readonly<Record<string, readonly [preset: string, section: Section]>> = {
  discord: ["discord", (_, secret) => secret("discordWebhookUrl", "url", "DISCORD_URL")],
  slack: ["slack", (_, secret) => secret("slackwebhookURL", "url", "SLACK_URL")],
  teams: ["teams", (_, secret) => secret("webhookUrl", "url", "TEAMS_URL")],
  webhook: ["webhook", (_, secret) => secret("webhookURL", "url", "WEBHOOK_URL")],
  telegram: [
    "telegram",
    (settings, secret) => ({
      chat: settings.any("telegramChatID"),
      ...secret("telegramBotToken", "token", "TELEGRAM_TOKEN"),
    }),
  ],
  ntfy: [
    "ntfy",
    (settings, secret) => {
      const server = (settings.text("ntfyserverurl") ?? "https://ntfy.sh").replace(/\/+$/, "");
      const url = `${server}/${settings.required("ntfytopic")}`;
      const method = settings.text("ntfyAuthenticationMethod");
      const username = settings.text("ntfyusername");
      settings.omit("ntfyPriority", "the severity decides");
      settings.omit("ntfyPriorityDown", "the severity decides");
      const login =
        method === "accessToken"
          ? secret("ntfyaccesstoken", "token", "NTFY_TOKEN")
          : username === undefined || username === ""
            ? {}
            : { username, ...secret("ntfypassword", "password", "NTFY_PASSWORD") };
      settings.ignore("ntfyaccesstoken", "ntfypassword", "ntfyIcon");
      return { ...secret("ntfytopic", "url", "NTFY_URL", url), ...login };
    },
  ],
  gotify: [
    "gotify",
    (_, secret) => ({
      ...secret("gotifyserverurl", "url", "GOTIFY_URL"),
      ...secret("gotifyapplicationToken", "token", "GOTIFY_TOKEN"),
    }),
  ],
  pushover: [
    "pushover",
    (_, secret) => ({
      ...secret("pushoverapptoken", "token", "PUSHOVER_TOKEN"),
      ...secret("pushoveruserkey", "user", "PUSHOVER_USER"),
    }),
  ],
  smtp: [
    "email",
    (settings, secret) => {
      const username = settings.text("smtpUsername");
      const isTls = settings.flag("smtpSecure") === true;
      return {
        host: settings.required("smtpHost"),
        port: Number(settings.any("smtpPort") ?? (isTls ? 465 : 587)),
        ...(isTls ? { encryption: "tls" } : {}),
        from: settings.text("smtpFrom"),
        to: (settings.text("smtpTo") ?? "").split(",").map((one) => one.trim()),
        ...(username === undefined || username === ""
          ? {}
          : { username, ...secret("smtpPassword", "password", "SMTP_PASSWORD") }),
      };
    },
  ],
};

/** Returns the channel of a notification; `undefined`, with a note, for a type without a preset. */
export function kumaChannel(
  notification: Fields,
  nameOf: (text: string) => string,
  { source, notes, secrets }: Import,
): object | undefined {
  const title = notification.required("name");
  const text = notification.text("config");
  const settings = fieldsOf(
    text === undefined ? notification.all() : parse(text),
    notification.path,
    source,
    notes,
  );
  notification.ignore("id", "userId", "isDefault", "active", "user_id", "is_default");
  settings.ignore("name", "isDefault", "applyExisting", "id", "userId", "active", "config");
  const type = settings.required("type");
  const known = TYPES[type];
  if (known === undefined) {
    notification.note(`channel ${title} is not imported: the exporter has no preset for ${type}`);
    return undefined;
  }
  const [preset, sectionOf] = known;
  const secret: TakeSecret = (key, option, name, given) => {
    const value = given ?? settings.text(key);
    return value === undefined || value === "" ? {} : secrets.option(option, value, name, notification.path);
  };
  const section = sectionOf(settings, secret);
  settings.end();
  if (text !== undefined) notification.end();
  return { name: nameOf(title), [preset]: section };
}

/** Parses the settings of a notification, which the backup has as JSON in a text. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

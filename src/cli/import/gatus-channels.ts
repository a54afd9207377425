import { defined } from "../../core/defined.ts";
import type { Fields } from "./fields.ts";
import type { Import } from "./names.ts";
import type { Secrets } from "./secrets.ts";

type Section = (provider: Fields, secrets: Secrets) => object | undefined;

/** The option with the secret under `key` of a provider, if it is there. */
const secretOf = (
  provider: Fields,
  key: string,
  option: "url" | "token" | "password" | "user",
  name: string,
  secrets: Secrets,
): object | undefined => {
  const value = provider.text(key);
  return value === undefined || value === ""
    ? undefined
    : secrets.option(option, value, name, [...provider.path, key]);
};

const byUrl =
  (name: string): Section =>
  (provider, secrets) =>
    secretOf(provider, "webhook-url", "url", name, secrets);

/** The providers with a preset in the exporter. */
const PROVIDERS: Readonly<Record<string, readonly [preset: string, section: Section]>> = {
  slack: ["slack", byUrl("SLACK_URL")],
  discord: ["discord", byUrl("DISCORD_URL")],
  teams: ["teams", byUrl("TEAMS_URL")],
  "teams-workflows": ["teams", byUrl("TEAMS_URL")],
  ntfy: [
    "ntfy",
    (provider, secrets) => {
      const topic = provider.required("topic");
      const server = (provider.text("url") ?? "https://ntfy.sh").replace(/\/+$/, "");
      const url = secrets.option("url", `${server}/${topic}`, "NTFY_URL", [...provider.path, "topic"]);
      return { ...url, ...secretOf(provider, "token", "token", "NTFY_TOKEN", secrets) };
    },
  ],
  telegram: [
    "telegram",
    (provider, secrets) => ({
      chat: provider.any("id"),
      ...secretOf(provider, "token", "token", "TELEGRAM_TOKEN", secrets),
    }),
  ],
  gotify: [
    "gotify",
    (provider, secrets) => ({
      ...secretOf(provider, "server-url", "url", "GOTIFY_URL", secrets),
      ...secretOf(provider, "token", "token", "GOTIFY_TOKEN", secrets),
    }),
  ],
  pushover: [
    "pushover",
    (provider, secrets) => ({
      ...secretOf(provider, "application-token", "token", "PUSHOVER_TOKEN", secrets),
      ...secretOf(provider, "user-key", "user", "PUSHOVER_USER", secrets),
    }),
  ],
  email: [
    "email",
    (provider, secrets) => {
      const port = provider.number("port");
      const username = provider.text("username") ?? provider.text("from");
      const password = secretOf(provider, "password", "password", "SMTP_PASSWORD", secrets);
      return {
        host: provider.required("host"),
        ...defined({ port, encryption: port === 465 ? "tls" : undefined }),
        from: provider.text("from") ?? username,
        to: (provider.text("to") ?? "").split(",").map((one) => one.trim()),
        ...(password === undefined ? {} : { username, ...password }),
      };
    },
  ],
};

/** Returns the section `notify` for the providers under `alerting`. */
export function gatusChannels(alerting: Fields | undefined, { secrets }: Import): readonly object[] {
  if (alerting === undefined) return [];
  const channels = Object.entries(PROVIDERS).flatMap(([key, [preset, sectionOf]]) => {
    const provider = alerting.map(key);
    if (provider === undefined) return [];
    provider.omit(
      "default-alert",
      "thresholds belong to targets, and reminders and ends to the channel",
      null,
    );
    const section = sectionOf(provider, secrets);
    provider.end();
    if (section === undefined) {
      provider.note("not imported: it has no address");
      return [];
    }
    return [{ name: key, [preset]: section }];
  });
  alerting.end();
  return channels;
}

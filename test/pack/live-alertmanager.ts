import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Alertmanager, startAlertmanager } from "../helpers/alertmanager.ts";
import { httpReceiver, type ReceivedMail, type ReceivedRequest, smtpReceiver } from "../helpers/receivers.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import type { ToolVersion } from "../helpers/tools.ts";

/** The folder of the shipped Alertmanager configuration. */
export const ALERTMANAGER_FOLDER = fileURLToPath(new URL("../../alertmanager", import.meta.url));

/** Reads a file of that folder. */
export const alertmanagerText = (file: string): string =>
  readFileSync(join(ALERTMANAGER_FOLDER, file), "utf8");

/** A real Alertmanager with the shipped configuration, and local servers as its receivers. */
export interface LiveAlertmanager extends AsyncDisposable {
  readonly alertmanager: Alertmanager;
  /** The requests received by HTTP: under `/slack`, `/telegram`, `/pagerduty`, `/relay`, `/relay-of-services` and `/dead-mans-switch`. */
  readonly requests: readonly ReceivedRequest[];
  readonly mails: readonly ReceivedMail[];
}

/**
 * Starts an Alertmanager. Only secrets, addresses and waiting times differ from the file.
 * @param relay address of a relay with the token `token-of-the-relay`; by default a local server stands in for it
 */
export async function startLiveAlertmanager(
  file: string,
  version: ToolVersion,
  relay?: string,
  {
    escalateAfter = "30m",
    groupWait = "500ms",
    groupInterval = "1s",
  }: {
    readonly escalateAfter?: string;
    readonly groupWait?: string;
    readonly groupInterval?: string;
  } = {},
): Promise<LiveAlertmanager> {
  await using resources = new AsyncDisposableStack();
  // Alertmanager expects the chat in Telegram's response.
  const http = resources.use(
    await httpReceiver((path) =>
      path.includes("/bot") ? '{"ok":true,"result":{"message_id":1,"chat":{"id":1}}}' : '{"ok":true}',
    ),
  );
  const smtp = resources.use(await smtpReceiver());
  const secrets = resources.use(await temporaryFolder());
  const at = `http://127.0.0.1:${http.port}`;
  for (const [name, secret] of Object.entries({
    slack: `${at}/slack`,
    pagerduty: "key-of-the-pager",
    "pagerduty-ai": "key-of-the-ai-pager",
    telegram: "TELEGRAM_BOT_TOKEN",
    relay: "token-of-the-relay",
    "dead-mans-switch": `${at}/dead-mans-switch`,
  }))
    await secrets.write(name, secret);
  const config = alertmanagerText(file)
    .replaceAll("/run/secrets", secrets.path)
    .replace(/smtp_smarthost: .*/, `smtp_smarthost: 127.0.0.1:${smtp.port}`)
    .replace(/ +smtp_auth_.*\n/g, "")
    .replace(
      "resolve_timeout: 5m",
      `resolve_timeout: 5m\n  smtp_require_tls: false\n  telegram_api_url: ${at}/telegram\n  pagerduty_url: ${at}/pagerduty`,
    )
    .replace("http://localhost:9095/", `${at}/`)
    .replace("http://localhost:8091/alertmanager/relay/machines", relay ?? `${at}/relay`)
    .replace("http://localhost:8091/alertmanager/relay/services", `${at}/relay-of-services`)
    .replace("group_wait: 30m", `group_wait: ${escalateAfter}`)
    .replace(new RegExp(`group_wait: (?!${escalateAfter}).*`, "g"), `group_wait: ${groupWait}`)
    .replace(/group_interval: .*/g, `group_interval: ${groupInterval}`)
    .replace("repeat_interval: 1m", "repeat_interval: 1s");
  const templates = readdirSync(join(ALERTMANAGER_FOLDER, "templates"));
  const files = Object.fromEntries(
    templates.map((name) => [`templates/${name}`, alertmanagerText(`templates/${name}`)]),
  );
  const alertmanager = resources.use(await startAlertmanager({ version, config, files }));
  const owned = resources.move();
  return {
    alertmanager,
    requests: http.received,
    mails: smtp.received,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

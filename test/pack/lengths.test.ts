import { describe, expect, it } from "vitest";
import type { PostedAlert } from "../helpers/alertmanager.ts";
import { waitUntil } from "../helpers/process.ts";
import type { ReceivedRequest } from "../helpers/receivers.ts";
import { startLiveAlertmanager } from "./live-alertmanager.ts";

/** Telegram's limit for a message, in UTF-16 code units, and Alertmanager's for the same in code points. */
const TELEGRAM_LIMIT = 4096;
/** Length at which Slack cuts the text of an attachment. */
const SLACK_LIMIT = 8000;

/** Texts of 1,000 characters that are hard to cut: they are escaped, count twice, or have no spaces. */
const TEXTS = {
  plain: "x".repeat(1000),
  escaped: "&<>'\"".repeat(200),
  "counted twice": "🔥".repeat(1000),
} as const;

const alertsWith = (count: number, name: string, text: string): PostedAlert[] =>
  Array.from({ length: count }, (_, i) => ({
    labels: {
      alertname: "HeartbeatCriticalTargetDown",
      severity: "critical",
      job: "heartbeat",
      instance: "exporter:8091",
      group: `all-${count}-${name}`,
      module: "http_2xx",
      target: `machine-${i}-of-${count}-${name.replace(" ", "-")}.`,
    },
    annotations: {
      summary: "A critical target is down.",
      description: text,
      reason: text,
      last_success: "2026-01-02 03:00:00 UTC",
      details: `https://exporter.example.com:8091/logs?target=machine-${i}`,
      runbook_url: "https://exporter.example.com:8091/runbooks/HeartbeatCriticalTargetDown",
      dashboard: "/d/heartbeat-overview?var-target=prod",
    },
  }));

/** Returns the texts that a messenger got about a group. */
function textsOf(requests: readonly ReceivedRequest[], path: string, machine: string): readonly string[] {
  return requests
    .filter((request) => request.path.startsWith(path))
    .map(({ body }) => JSON.parse(body) as { text?: string; attachments?: { title: string; text: string }[] })
    .map(
      ({ text, attachments }) =>
        text ?? attachments?.map((one) => `${one.title}\n${one.text}`).join("") ?? "",
    )
    .filter((text) => text.includes(machine));
}

/** Reports whether every entity and every tag of a message is whole. */
function isWholeHtml(text: string): boolean {
  const rest = text
    .replace(/&(?:amp|lt|gt|quot|#\d+);/g, "")
    .replace(/<b>[^<>]*<\/b>|<a href="[^<>"]*">[^<>]*<\/a>/g, "");
  return !/[&<>]/.test(rest);
}

/** Numbers of alerts in one message, around the limits of the templates. */
const COUNTS = [1, 3, 5, 10, 11, 17, 60] as const;

describe.each(["bookworm", "newest"] as const)("messages of Alertmanager %s", (version) => {
  it("keep within the limits of Telegram and Slack and name machines, however long their texts are", async () => {
    await using live = await startLiveAlertmanager("alertmanager.yml", version);
    const cases = Object.entries(TEXTS).flatMap(([name, text]) =>
      COUNTS.map((count) => ({ name, text, count })),
    );
    const alertsOf = cases.map(({ name, text, count }) => alertsWith(count, name, text));
    await live.alertmanager.post(alertsOf.flat());
    for (const [i, { name, count }] of cases.entries()) {
      const names = (alertsOf[i] ?? []).map(({ labels }) => labels["target"] ?? "");
      const arrived = (path: string) =>
        waitUntil(
          `${count} alerts, ${name}, on ${path}`,
          () => textsOf(live.requests, path, names[0] ?? "")[0],
        );
      const telegram = await arrived("/telegram");
      const slack = await arrived("/slack");
      const seen = {
        name,
        count,
        telegram: names.filter((one) => telegram.includes(one)).length,
        slack: names.filter((one) => slack.includes(one)).length,
        isShort:
          telegram.length <= TELEGRAM_LIMIT &&
          Array.from(telegram).length <= TELEGRAM_LIMIT &&
          slack.length <= SLACK_LIMIT,
        saysAll: [telegram, slack].map((text) => text.includes(`${count} in all`)),
        isWhole: isWholeHtml(telegram),
        sinceWhen: [telegram, slack].map(
          (text) => text.split("last success 2026-01-02 03:00:00 UTC").length - 1,
        ),
        links: [telegram, slack].map((text) => text.split("/logs?target=machine-").length - 1),
      };
      expect(seen).toEqual({
        name,
        count,
        telegram: Math.min(count, 25),
        slack: Math.min(count, 50),
        isShort: true,
        saysAll: [count > 25, count > 50],
        isWhole: true,
        sinceWhen: count > 10 ? [0, 0] : [count, count],
        links: count > 10 ? [0, 0] : [count > 3 ? 0 : count, count],
      });
    }
  });
});

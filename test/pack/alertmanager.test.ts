import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { defined } from "../../src/core/defined.ts";
import type { PostedAlert } from "../helpers/alertmanager.ts";
import { waitUntil } from "../helpers/process.ts";
import { type ReceivedMail, type ReceivedRequest, readMail } from "../helpers/receivers.ts";
import { runTool } from "../helpers/tools.ts";
import { ALERTMANAGER_FOLDER, alertmanagerText, startLiveAlertmanager } from "./live-alertmanager.ts";
import { alerts } from "./rules.ts";

const GOLDEN = fileURLToPath(new URL("../golden/alertmanager", import.meta.url));

/** The configuration files with the versions of Alertmanager that they are for. */
const CASES = [
  { file: "alertmanager.yml", version: "bookworm" },
  { file: "alertmanager.yml", version: "newest" },
  { file: "alertmanager-0.28.yml", version: "newest" },
] as const;

/** Alerts and the receivers that they are routed to. */
const ROUTES: readonly (readonly [
  title: string,
  labels: Readonly<Record<string, string>>,
  receiver: string,
])[] = [
  ["the watchdog", { alertname: "HeartbeatWatchdog", severity: "none" }, "dead-mans-switch"],
  ["a machine", { alertname: "HeartbeatMissed", kind: "machine", severity: "critical" }, "machines"],
  [
    "a machine whose owner has a route",
    { alertname: "HeartbeatMissed", kind: "machine", owner: "web", severity: "critical" },
    "owner-web",
  ],
  [
    "a machine whose owner wants no notifications",
    { alertname: "HeartbeatMissed", kind: "machine", owner: "archive", severity: "critical" },
    "nobody",
  ],
  [
    "a job that failed",
    { alertname: "HeartbeatFailed", kind: "job", severity: "critical" },
    "escalation,pager",
  ],
  [
    "an outage",
    { alertname: "HeartbeatTargetDown", severity: "critical", target: "shop" },
    "escalation,pager",
  ],
  [
    "an outage of a team",
    { alertname: "HeartbeatModelUnavailable", severity: "critical", team: "ai" },
    "escalation,pager-ai",
  ],
  ["a warning", { alertname: "HeartbeatRateLimited", severity: "warning" }, "operations"],
  ["a warning of a team", { alertname: "HeartbeatInFallback", severity: "warning", team: "ai" }, "team-ai"],
  ["an info alert", { alertname: "HeartbeatBudgetLow", severity: "info", team: "ai" }, "digest"],
  ["an alert of another program", { alertname: "NodeDown", severity: "critical", team: "ai" }, "operations"],
];

/** The receiver of each severity. */
const BY_SEVERITY = { critical: "pager", warning: "operations", info: "digest" } as const;

/** Every severity, kind and owner: the one with a route, one without, and none. */
const COMBINATIONS = (["critical", "warning", "info"] as const).flatMap((severity) =>
  ["http", "llm", "job", "machine"].flatMap((kind) =>
    ["web", "data", undefined].map((owner) => ({ severity, kind, owner })),
  ),
);

describe.each(CASES)("$file with Alertmanager $version", ({ file, version }) => {
  it("is accepted by amtool", async () => {
    const { code, stdout, stderr } = await runTool("amtool", version, [
      "check-config",
      join(ALERTMANAGER_FOLDER, file),
    ]);
    expect({ code, output: stdout + stderr }).toMatchObject({
      code: 0,
      output: expect.stringContaining("SUCCESS"),
    });
  });

  const receiversOf = async (labels: Readonly<Record<string, string>>): Promise<object> => {
    const pairs = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
    const args = ["config", "routes", "test", `--config.file=${join(ALERTMANAGER_FOLDER, file)}`, ...pairs];
    const { code, stdout } = await runTool("amtool", version, args);
    return { code, receiver: stdout.trim() };
  };

  it.each(ROUTES)("routes %s", async (_, labels, receiver) => {
    expect(await receiversOf(labels)).toEqual({ code: 0, receiver });
  });

  it.each(COMBINATIONS)("routes a $severity of the kind $kind and the owner $owner", async (one) => {
    const { severity, kind, owner } = one;
    const receiver = [
      // A machine has an owner of its own, who is told that it is offline.
      ...(severity === "critical" && kind !== "machine" ? ["escalation"] : []),
      ...(owner === "web" ? ["owner-web"] : []),
      BY_SEVERITY[severity],
    ].join(",");
    expect(await receiversOf({ alertname: "HeartbeatAny", severity, kind, ...defined({ owner }) })).toEqual({
      code: 0,
      receiver,
    });
  });
});

describe("inhibitions", () => {
  interface Inhibition {
    readonly source_matchers: readonly string[];
    readonly target_matchers: readonly string[];
  }
  const { inhibit_rules: rules } = parse(alertmanagerText("alertmanager.yml"), { merge: true }) as {
    inhibit_rules: Inhibition[];
  };
  /** Returns our alerts that the matchers of `alertname` select. */
  const namesOf = (matchers: readonly string[]): readonly string[] =>
    alerts
      .map(({ alert }) => alert)
      .filter((alert) =>
        matchers.every((matcher) => {
          const [, operator = "", value = ""] = /^alertname (=~|!~|=) "(.*)"$/.exec(matcher) ?? [];
          if (operator === "") return true;
          const matches = new RegExp(`^(?:${operator === "=" ? value.replaceAll(".", "\\.") : value})$`).test(
            alert,
          );
          return operator === "!~" ? !matches : matches;
        }),
      );

  it.each(rules.map((rule) => [rule.source_matchers.join(), rule] as const))("%s", (_, rule) => {
    const sources = namesOf(rule.source_matchers);
    const targets = namesOf(rule.target_matchers);
    // Both sides must name alerts, because a label that both lack counts as equal.
    for (const side of [rule.source_matchers, rule.target_matchers])
      expect(side.some((matcher) => /^alertname =~? "Heartbeat/.test(matcher))).toBe(true);
    expect(sources).not.toEqual([]);
    expect(targets).not.toEqual([]);
    expect(targets).not.toContain("HeartbeatWatchdog");
    // An alert that inhibits itself would never be sent.
    expect(sources.filter((name) => targets.includes(name))).toEqual([]);
    for (const matcher of [...rule.source_matchers, ...rule.target_matchers])
      for (const [name] of matcher.matchAll(/\bHeartbeat[A-Z]\w+(?![\w.(|])/g))
        expect(alerts.map(({ alert }) => alert)).toContain(name);
  });

  it("are the same in both files, as are routes and receivers except for their secrets", () => {
    const lines = (file: string): string[] =>
      alertmanagerText(file)
        .split("\n")
        .filter((line) => !/^ *#|bot_token|dead-mans-switch$/.test(line));
    expect(lines("alertmanager-0.28.yml")).toEqual(lines("alertmanager.yml"));
  });
});

describe("secrets", () => {
  it("are in files, except for the one that Alertmanager 0.25 cannot read from a file", () => {
    const inline = (file: string): string[] =>
      alertmanagerText(file)
        .split("\n")
        .filter((line) => /^[^#]*\b(\w*(token|password|routing_key|api_url|credentials)): /.test(line))
        .map((line) => line.trim());
    expect(inline("alertmanager-0.28.yml")).toEqual([]);
    expect(inline("alertmanager.yml")).toEqual(["bot_token: TELEGRAM_BOT_TOKEN"]);
  });
});

const NASTY = `<!channel> & <b>"it's"</b>`;
const of = (
  alertname: string,
  labels: Record<string, string>,
  description: string,
  why: Readonly<Record<string, string>> = {},
): PostedAlert => ({
  labels: { alertname, job: "heartbeat", instance: "exporter:8091", ...labels },
  annotations: {
    summary: `The summary of ${alertname}.`,
    description,
    runbook_url: `http://exporter:8091/runbooks/${alertname}`,
    dashboard: "/d/heartbeat-overview?var-target=shop&a=b",
    ...why,
  },
  startsAt: "2026-01-02T03:04:05Z",
});
const OUTAGE = of(
  "HeartbeatCriticalTargetDown",
  { severity: "critical", target: "shop", module: "http_2xx" },
  `Down: ${NASTY}`,
  {
    reason: `auth, HTTP 401 ${NASTY}`,
    last_success: "2026-01-02 03:00:00 UTC",
    details: "http://exporter:8091/logs?target=shop&a=b",
  },
);
const ALERTS: readonly PostedAlert[] = [
  OUTAGE,
  of(
    "HeartbeatMissed",
    {
      severity: "critical",
      source: "push",
      heartbeat: "production-server",
      kind: "machine",
      owner: "web",
      hostname: "prod-01.example.com",
    },
    "production-server (prod-01.example.com) has sent no heartbeat for 2m 15s (source: push). Check whether it is running.",
  ),
  of(
    "HeartbeatInFallback",
    { severity: "warning", target: NASTY, module: "chat", team: "ai" },
    `Fallback: ${NASTY}`,
  ),
  // Inhibited by the outage of the same target.
  of("HeartbeatTargetDown", { severity: "critical", target: "shop", module: "http_2xx" }, "Down as well."),
];
const WATCHDOG: PostedAlert = { labels: { alertname: "HeartbeatWatchdog", severity: "none" } };

/** Renders all notifications, sorted, without the parts that differ between runs and versions. */
function renderNotifications(requests: readonly ReceivedRequest[], mails: readonly ReceivedMail[]): string {
  const chosen = requests
    .filter(({ path }) => !path.startsWith("/dead"))
    .map(({ path, headers, body }) => {
      const sent = JSON.parse(body) as Record<string, unknown>;
      const [attachment = {}] = (sent["attachments"] ?? []) as Record<string, unknown>[];
      const { summary, severity } = (sent["payload"] ?? {}) as { summary?: string; severity?: string };
      if (path.startsWith("/slack")) {
        const { title, title_link, text, fallback, color } = attachment;
        return { path, channel: sent["channel"], title, title_link, text, fallback, color };
      }
      if (path.startsWith("/pagerduty")) {
        return { path, action: sent["event_action"], key: sent["routing_key"], summary, severity };
      }
      if (path.startsWith("/relay")) {
        const list = sent["alerts"] as Record<string, unknown>[];
        const kept = list.map(({ status, labels, startsAt }) => ({ status, labels, startsAt }));
        return { path, authorization: headers["authorization"], status: sent["status"], alerts: kept };
      }
      const { chat_id, text, parse_mode } = sent;
      return { path, chat_id, text, parse_mode };
    })
    .map((value) => JSON.stringify(value, undefined, 2).replaceAll("\\n", "\n"))
    .toSorted();
  const letters = mails
    .map((mail) => ({ to: mail.to.join(), ...readMail(mail) }))
    .map(({ to, subject, parts }) =>
      [`To: ${to}`, `Subject: ${subject}`, parts["text/plain"], parts["text/html"]].join("\n"),
    )
    .toSorted();
  return `${[...chosen, ...letters].join("\n\n")}\n`;
}

describe.each(CASES)("a real Alertmanager, $version with $file", ({ file, version }) => {
  it("notifies each receiver once when an alert fires and once when it resolves", async () => {
    await using live = await startLiveAlertmanager(file, version);
    const { alertmanager, requests: received, mails } = live;

    const watchdogs = (): number => received.filter(({ path }) => path.startsWith("/dead")).length;
    const keepPosting = async (posted: readonly PostedAlert[], until: () => boolean, what: string) =>
      waitUntil(what, async () => {
        await alertmanager.post([...posted, WATCHDOG]);
        return until() ? true : undefined;
      });
    // The outage by PagerDuty, Slack, Telegram and webhook; the machine by Telegram and relay; the warning of the team by Slack
    // and webhook; each of them by e-mail.
    const all = (n: number) => (): boolean => received.length - watchdogs() >= 8 * n && mails.length >= 3 * n;
    // The inhibiting alert comes first, as a critical outage does.
    await keepPosting([OUTAGE], () => received.length - watchdogs() >= 4, "the outage to reach the pager");
    await keepPosting(ALERTS, all(1), "all notifications");
    // The watchdog repeats as often as a wrongly repeated notification would, which would have arrived by then.
    const seen = watchdogs();
    await keepPosting(ALERTS, () => watchdogs() >= seen + 3, "three watchdogs");
    await expect(renderNotifications(received, mails)).toMatchFileSnapshot(join(GOLDEN, "firing.txt"));

    const before = [received.length, mails.length];
    const resolved = ALERTS.map((alert) => ({ ...alert, endsAt: "2026-01-02T03:14:05Z" }));
    await keepPosting(resolved, all(2), "all resolved notifications");
    await keepPosting([], () => watchdogs() >= seen + 7, "further watchdogs");
    const ends = renderNotifications(received.slice(before[0]), mails.slice(before[1]));
    await expect(ends).toMatchFileSnapshot(join(GOLDEN, "resolved.txt"));
    expect(alertmanager.warnings()).toEqual([]);
  });
});

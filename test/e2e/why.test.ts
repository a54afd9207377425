import { describe, expect, it } from "vitest";
import { startExporter } from "../helpers/exporter.ts";
import { serveHttp } from "../helpers/http-targets.ts";
import { waitUntil } from "../helpers/process.ts";
import { startPrometheus } from "../helpers/prometheus.ts";
import { readMail } from "../helpers/receivers.ts";
import type { ToolVersion } from "../helpers/tools.ts";
import { startLiveAlertmanager } from "../pack/live-alertmanager.ts";
import { scaledRules } from "../pack/scaled-rules.ts";

/** Shortens the durations of the rules: two minutes become four seconds. */
const FACTOR = 30;

/** Starts a model whose key is rejected, a service that answers 503 and a job, and everything that tells people about them. */
async function startAll(version: ToolVersion) {
  await using resources = new AsyncDisposableStack();
  let isWell = true;
  const model = resources.use(
    await serveHttp((_request, response) => {
      response.statusCode = isWell ? 200 : 401;
      response.setHeader("Content-Type", "application/json");
      response.end(
        isWell
          ? '{"choices":[{"index":0,"message":{"role":"assistant","content":"OK"},"finish_reason":"stop"}],"model":"gpt","usage":{"prompt_tokens":1,"completion_tokens":1}}'
          : '{"error":{"message":"Incorrect API key provided","code":"invalid_api_key"}}',
      );
    }),
  );
  let isBroken = false;
  const shop = resources.use(
    await serveHttp((_request, response) => {
      response.statusCode = isBroken ? 500 : 503;
      response.end("out of coffee");
    }),
  );
  const exporter = resources.use(
    await startExporter({
      yaml: `
modules:
  chat: { prober: llm, timeout: 1s, llm: { api: openai, stream: false, prompt: "Say OK", expect: { contains: OK } } }
  page: { prober: http, timeout: 1s, http: { preferred_ip_protocol: ip4 } }
targets:
  - { name: gpt, module: chat, target: "http://${model.host}/v1", model: gpt, interval: 1s, schedule: interval, min_interval: 0s, labels: { team: ai } }
  - { name: shop, module: page, target: "http://${shop.host}", interval: 1s, schedule: interval, labels: { team: ai } }
heartbeats: [{ name: backup, kind: job, timeout: 1h }]
groups: [{ name: sales, unhealthy_when: any, members: [gpt, shop] }]
`,
    }),
  );
  const live = resources.use(await startLiveAlertmanager("alertmanager.yml", version));
  const prometheus = resources.use(
    await startPrometheus({
      version,
      config: `
global: { scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }
rule_files: ["*.rules.yml"]
alerting: { alertmanagers: [{ static_configs: [{ targets: ["${new URL(live.alertmanager.url).host}"] }] }] }
scrape_configs: [{ job_name: heartbeat, static_configs: [{ targets: ["${new URL(exporter.url).host}"] }] }]
`,
      files: scaledRules(FACTOR),
      args: ["--rules.alert.resend-delay=2s"],
    }),
  );
  const owned = resources.move();
  return {
    exporter,
    live,
    prometheus,
    rejectKey: (): void => {
      isWell = false;
    },
    breakShop: (): void => {
      isBroken = true;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const TIME = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC`;

describe.concurrent.each(["bookworm", "newest"] as const)("messages with the programs of %s", (version) => {
  it("say why and since when, and their links open", async () => {
    await using all = await startAll(version);
    const { exporter, live, prometheus } = all;
    await prometheus.queryUntil('heartbeat_target_healthy{target="gpt"} == 1');
    all.rejectKey();
    await fetch(`${exporter.url}/ping/backup/3`);

    const slack = (words: string) => (): string | undefined =>
      live.requests.find(({ path, body }) => path.startsWith("/slack") && body.includes(words))?.body;
    // Both are members of a group, so that one message may be about both.
    const aboutModel = await waitUntil("a message about the model", slack("*auth*; last success 2"));
    expect(aboutModel).toMatch(
      new RegExp(
        String.raw`\*auth\*; last success ${TIME}\\nSince ${TIME}: gpt \(module chat\) does not answer`,
      ),
    );
    const mail = await waitUntil("a mail about the model", () =>
      live.mails.map(readMail).find(({ parts }) => (parts["text/plain"] ?? "").includes("gpt (module chat)")),
    );
    const text = mail.parts["text/plain"] ?? "";
    expect(text).toMatch(new RegExp(`^auth; last success ${TIME}$`, "m"));
    expect(mail.parts["text/html"]).toMatch(new RegExp(`<b>auth; last success ${TIME}</b>`));

    const shop = await waitUntil("a message about the shop", slack("*http_status, HTTP 503*"));
    expect(shop).toContain("; last success never");
    const job = await waitUntil(
      "a message about the job",
      () =>
        live.requests.find(({ path, body }) => !path.startsWith("/dead") && body.includes("HeartbeatFailed"))
          ?.body,
    );
    expect(job).toMatch(/exit status 3/);

    // Every link to the exporter opens; the details show what was seen.
    const links = new Set(
      [aboutModel, shop, text].flatMap((message) =>
        [...message.matchAll(/https?:\/\/[^\s|>"\\]+/g)].map(([link]) => link.replaceAll("&amp;", "&")),
      ),
    );
    const own = [...links].filter((link) => link.startsWith(exporter.url));
    expect(own.map((link) => link.slice(exporter.url.length)).toSorted()).toEqual(
      expect.arrayContaining([
        "/logs?target=gpt",
        "/logs?target=shop",
        "/runbooks/HeartbeatModelUnavailable",
      ]),
    );
    for (const link of own)
      expect({ link, status: (await fetch(link)).status }).toEqual({ link, status: 200 });
    expect(await exporter.get("/logs?target=gpt")).toContain("Incorrect API key provided");
    expect([...links].filter((link) => link.includes("example.com"))).toEqual([]);

    // Another reason is the same alert: only its annotation changes.
    const reasons = async (): Promise<readonly string[]> => {
      const { alerts } = (await prometheus.api("alerts")) as {
        alerts: { labels: Record<string, string>; annotations: Record<string, string>; activeAt: string }[];
      };
      return alerts
        .filter(({ labels }) => labels["alertname"] === "HeartbeatTargetDown" && labels["target"] === "shop")
        .map(({ annotations, activeAt }) => `${annotations["reason"]} ${activeAt}`);
    };
    const [before = ""] = await reasons();
    all.breakShop();
    const after = await waitUntil("the other reason", async () =>
      (await reasons()).find((reason) => reason.startsWith("http_status, HTTP 500")),
    );
    expect(after).toBe(before.replace("503", "500"));

    // A group names the members that cause its status.
    const [group] = await waitUntil("the group's alert", async () => {
      const { alerts } = (await prometheus.api("alerts")) as {
        alerts: { labels: Record<string, string>; annotations: Record<string, string> }[];
      };
      const found = alerts.filter(({ labels }) => labels["alertname"] === "HeartbeatGroupUnhealthy");
      return found.length > 0 ? found : undefined;
    });
    expect(group?.annotations["reason"]?.split(", ").toSorted()).toEqual([
      "gpt is unhealthy (auth)",
      "shop is unhealthy (http_status)",
    ]);
  });
});

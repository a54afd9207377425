import { createHmac } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { type Alertmanager, startAlertmanager } from "../helpers/alertmanager.ts";
import { type ExporterProcess, startExporter } from "../helpers/exporter.ts";
import { freePort, run, waitUntil } from "../helpers/process.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { type Reply, startReceiver } from "../notify/receiver.ts";

const MACHINES = ["web-1", "web-2", "db-1", "db-2", "queue-1", "cache-1"];
const ANSWERS: readonly Reply[] = [200, 500, { status: 429, retryAfter: "1" }, "hang", "close", 204];
const KEY = "key-of-the-test";

interface Event {
  readonly event: string;
  readonly machine: { readonly name: string };
}

test("each event reaches an idempotent receiver once and in order, through crashes of exporter and Alertmanager", async () => {
  let calm = false;
  let turn = 0;
  await using receiver = await startReceiver(() => {
    turn += 1;
    return calm ? 204 : (ANSWERS[turn % ANSWERS.length] ?? 204);
  });
  await using store = await temporaryFolder();
  const port = await freePort();
  const start = (): Promise<ExporterProcess> =>
    startExporter({
      yaml: `
modules: { http_2xx: { prober: http } }
relays:
  - name: phone
    token_file: token
    url: "${receiver.url}"
    signing: { key_file: key }
    timeout: 1s
    retry: { initial: 100ms, max: 1s }
`,
      files: { token: "token-of-alertmanager", key: KEY },
      args: [`--web.listen-address=127.0.0.1:${port}`, `--storage.path=${store.path}/store.db`],
    });
  const startManager = (): Promise<Alertmanager> =>
    startAlertmanager({
      version: "newest",
      config: `
route: { receiver: relay, group_by: [alertname], group_wait: 0s, group_interval: 1s, repeat_interval: 1s }
receivers:
  - name: relay
    webhook_configs:
      - url: http://127.0.0.1:${port}/alertmanager/relay/phone
        http_config: { authorization: { credentials_file: token } }
`,
      files: { token: "token-of-alertmanager" },
    });
  let exporter = await start();
  let manager = await startManager();
  try {
    const startsAt = "2025-09-15T13:30:00Z";
    const post = (endsAt?: string): Promise<void> =>
      manager.post(
        MACHINES.map((heartbeat) => ({
          labels: { alertname: "HeartbeatDown", heartbeat },
          startsAt,
          ...(endsAt === undefined ? {} : { endsAt }),
        })),
      );
    /** Kills the exporter after some milliseconds, and starts it again. */
    const crash = async (after: number): Promise<void> => {
      await pause(after);
      exporter.process.kill("SIGKILL");
      await exporter.process.exited;
      await exporter[Symbol.asyncDispose]();
      exporter = await start();
    };
    /** Waits for a successful notification: Alertmanager notifies of the end only of alerts that it has notified of. */
    const handedOver = async (before: number): Promise<void> => {
      await waitUntil("a notification", async () => ((await notified(manager)) > before ? true : undefined));
    };

    await post();
    await crash(400);
    await crash(1300);
    await manager[Symbol.asyncDispose]();
    manager = await startManager();
    await post();
    await crash(700);
    await handedOver(await notified(manager));
    await post("2025-09-15T13:40:00Z");
    await crash(300);
    await crash(900);
    calm = true;
    await waitUntil("all events", () => (receiver.accepted.size >= 2 * MACHINES.length ? true : undefined));
    // Duplicates would arrive now.
    await pause(2500);
  } finally {
    await exporter[Symbol.asyncDispose]();
    await manager[Symbol.asyncDispose]();
  }

  const events = Array.from(receiver.accepted.values(), ({ body }) => JSON.parse(body) as Event);
  for (const name of MACHINES) {
    const own = events.filter(({ machine }) => machine.name === name).map(({ event }) => event);
    expect({ name, own }).toEqual({ name, own: ["machine.offline", "machine.online"] });
  }
  // No online arrived before its offline, duplicates included.
  const arrived = receiver.arrived.map(({ body }) => JSON.parse(body) as Event);
  for (const name of MACHINES) {
    const first = (event: string): number =>
      arrived.findIndex((one) => one.machine.name === name && one.event === event);
    expect(first("machine.offline")).toBeLessThan(first("machine.online"));
  }
  for (const { body, headers } of receiver.arrived) {
    const signature = `sha256=${createHmac("sha256", KEY).update(body).digest("hex")}`;
    expect(headers["x-webhook-signature"]).toBe(signature);
  }
  await using folder = await temporaryFolder();
  for (const { body, headers } of [...receiver.accepted.values()].slice(0, 3)) {
    const signed = `${String(headers["webhook-id"])}.${String(headers["webhook-timestamp"])}.${body}`;
    const file = await folder.write("signed", signed);
    const argv = ["sh", "-c", `openssl dgst -sha256 -hmac ${KEY} -binary ${file} | base64`];
    expect(headers["webhook-signature"]).toBe(`v1,${(await run(argv)).stdout.trim()}`);
  }
});

/** Returns the number of notifications that Alertmanager has sent successfully. */
async function notified({ url }: Alertmanager): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const sum = (name: string): number =>
    [...text.matchAll(new RegExp(`^${name}\\{[^}]*integration="webhook"[^}]*\\} (\\S+)$`, "gm"))]
      .map(([, value]) => Number(value))
      .reduce((a, b) => a + b, 0);
  return (
    sum("alertmanager_notification_requests_total") - sum("alertmanager_notification_requests_failed_total")
  );
}

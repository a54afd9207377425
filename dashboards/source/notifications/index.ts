import type { DashboardOptions } from "../dashboard.ts";
import { actions } from "./actions.ts";
import { channels } from "./channels.ts";
import { now } from "./now.ts";
import { relays } from "./relays.ts";
import { webhooks } from "./webhooks.ts";

export const notifications: DashboardOptions = {
  uid: "heartbeat-notifications",
  title: "Heartbeat / Notifications and relays",
  description:
    "Whether what the exporter has to tell arrives: relays of alerts, webhooks of events, messages to people, actions, and requests that were refused.",
  of: "heartbeat_exporter_build_info",
  choices: { relay: "heartbeat_relay_queue_length" },
  rows: (series) => [
    { title: "Now", panels: now(series) },
    { title: "Relays", panels: relays(series) },
    { title: "Webhooks", panels: webhooks(series) },
    { title: "Channels", panels: channels(series) },
    { title: "Actions", panels: actions(series) },
  ],
};

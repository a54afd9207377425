import type { DashboardOptions } from "../dashboard.ts";
import { interruptions } from "./interruptions.ts";
import { members } from "./members.ts";
import { storage } from "./storage.ts";

export const fleet: DashboardOptions = {
  uid: "heartbeat-fleet",
  title: "Heartbeat / Exporter fleet",
  description:
    "Shards and replicas of the exporter: whether each shard has a leader, and when exporters were absent, stalled or without store.",
  of: "heartbeat_exporter_build_info",
  choices: {},
  rows: (series) => [
    { title: "Shards and replicas", panels: members(series) },
    { title: "Interruptions", panels: interruptions(series) },
    { title: "Stores", panels: storage(series) },
  ],
};

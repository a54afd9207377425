import type { DashboardOptions } from "../dashboard.ts";
import { certificatePanels } from "../panels/certificates.ts";
import { ofModels } from "../probes.ts";
import { availability } from "./availability.ts";
import { cost } from "./cost.ts";
import { details } from "./details.ts";
import { latency } from "./latency.ts";
import { now } from "./now.ts";

export const llm: DashboardOptions = {
  uid: "heartbeat-llm",
  title: "Heartbeat / LLM",
  description: "Models: availability, correctness of answers, latency, token usage and cost.",
  of: "heartbeat_target_info",
  choices: { target: "heartbeat_model_available" },
  rows: (series) => [
    { title: "Now", panels: now(series) },
    { title: "Availability", panels: availability(series) },
    { title: "Latency", panels: latency(series) },
    { title: "Tokens and cost", panels: cost(series) },
    { title: "Answer details", collapsed: true, panels: details(series) },
    {
      title: "Certificates",
      collapsed: true,
      panels: certificatePanels(series, (expr) => ofModels(series, expr)),
    },
  ],
};

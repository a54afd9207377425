/** Text of panels without data that read details of probes. */
export const ONLY_WITH_DETAILS = "on /metrics only with probe_details: true";

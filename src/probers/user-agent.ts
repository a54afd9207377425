/** The User-Agent of probes. */
export const USER_AGENT = "heartbeat-exporter";

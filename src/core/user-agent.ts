import { VERSION } from "./version.ts";

/** The User-Agent of every request that the exporter sends. */
export const USER_AGENT = `heartbeat-exporter/${VERSION}`;

import type { Alert } from "../../../src/core/alert.ts";
import { timestamp } from "../../../src/core/units.ts";
import type { PreparedEvent } from "../../../src/notify/relays/event.ts";

/** Builds an alert; times are seconds since the epoch. */
export const alertOf = (
  status: Alert["status"],
  startsAt: number,
  endsAt = startsAt + 10,
  { fingerprint = "ab", labels = {} }: Partial<Pick<Alert, "fingerprint" | "labels">> = {},
): Alert => ({
  status,
  labels,
  annotations: {},
  startsAt: timestamp(startsAt),
  startsAtText: new Date(startsAt * 1000).toISOString(),
  endsAtText: status === "firing" ? "0001-01-01T00:00:00Z" : new Date(endsAt * 1000).toISOString(),
  generatorUrl: "",
  fingerprint,
});

/** Makes an event that consists of its id and the status of its alert. */
export const eventWithId = (id: string, { status, fingerprint }: Alert): PreparedEvent => ({
  id,
  body: status,
  contentType: "text/plain",
  about: { subject: "", event: status, alert: "", fingerprint },
});

import type { Secret } from "./secret.ts";
import type { Seconds } from "./units.ts";

/** What a notification of Alertmanager has to show to be taken. */
export type InboundAuth =
  | { readonly kind: "bearer"; readonly token: Secret }
  | { readonly kind: "basic"; readonly username: string; readonly password: Secret };

/** How a server is trusted. */
export interface OutboundTls {
  /** Certificates to trust instead of the usual ones, as PEM. */
  readonly ca?: Secret;
  readonly insecureSkipVerify: boolean;
}

/** When to try again, and when to give up. */
export interface RetryPolicy {
  /** The wait after the first failure; it doubles with each further one. */
  readonly initial: Seconds;
  /** The longest wait. */
  readonly max: Seconds;
  /** What is older than this is given up. */
  readonly maxAge: Seconds;
}

/** Forms of an event that are known by name. */
export const EVENT_PRESETS = ["machine", "cloudevents", "datadog", "raw"] as const;
export type EventPreset = (typeof EVENT_PRESETS)[number];

/** What an event looks like: a known form, or a value of JSON with placeholders in its texts. */
export type EventShape =
  | { readonly kind: "preset"; readonly preset: EventPreset }
  | { readonly kind: "template"; readonly template: unknown };

/** What a template may name besides `labels.NAME` and `annotations.NAME`. */
export const EVENT_FIELDS = [
  "id",
  "event",
  "status",
  "starts_at",
  "ends_at",
  "fingerprint",
  "receiver",
  "external_url",
  "generator_url",
  "machine.id",
  "machine.name",
  "machine.hostname",
  "machine.description",
  "machine.status",
  "machine.last_seen",
] as const;
export type EventField = (typeof EVENT_FIELDS)[number];

/** Takes alerts and hands each on as an event, signed, once. */
export interface Relay {
  readonly name: string;
  readonly auth: InboundAuth;
  /** May hold a token. */
  readonly url: Secret;
  readonly shape: EventShape;
  readonly headers: ReadonlyMap<string, Secret>;
  readonly signing?: { readonly key: Secret; readonly previousKey?: Secret };
  readonly timeout: Seconds;
  readonly retry: RetryPolicy;
  readonly tls: OutboundTls;
}

import type { Secret } from "./secret.ts";
import type { Seconds } from "./units.ts";

/** The credentials that a notification of Alertmanager must have. */
export type InboundAuth =
  | { readonly kind: "bearer"; readonly token: Secret }
  | { readonly kind: "basic"; readonly username: string; readonly password: Secret };

/** TLS settings for requests to a server. */
export interface OutboundTls {
  /** Certificates to trust instead of the default ones, as PEM. */
  readonly ca?: Secret;
  readonly insecureSkipVerify: boolean;
}

/** When to retry a delivery, and when to give up. */
export interface RetryPolicy {
  /** Delay after the first failure. It doubles after each further one. */
  readonly initial: Seconds;
  /** Longest delay. */
  readonly max: Seconds;
  /** Age at which an event becomes a dead letter. */
  readonly maxAge: Seconds;
}

/** The names of predefined event bodies. */
export const EVENT_PRESETS = ["machine", "cloudevents", "datadog", "raw"] as const;
/** One of `EVENT_PRESETS`. */
export type EventPreset = (typeof EVENT_PRESETS)[number];

/** The status of the subject that an event tells. */
export type EventStatus = "offline" | "online";

/** The body of an event: a preset, or a JSON value with placeholders in its strings. */
export type EventShape =
  | { readonly kind: "preset"; readonly preset: EventPreset }
  | { readonly kind: "template"; readonly template: unknown };

/** The placeholders of a template, besides `labels.NAME` and `annotations.NAME`. */
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
  "truncated_alerts",
  "machine.id",
  "machine.name",
  "machine.hostname",
  "machine.description",
  "machine.status",
  "machine.last_seen",
] as const;
/** One of `EVENT_FIELDS`. */
export type EventField = (typeof EVENT_FIELDS)[number];

/** Labels that may name the subject of an alert, in order of precedence. */
export const SUBJECT_LABELS = [
  "heartbeat",
  "machine",
  "target",
  "group",
  "component",
  "name",
  "instance",
  "job",
] as const;

/** A relay: accepts alerts and delivers each change once, as a signed event. */
export interface Relay {
  readonly name: string;
  readonly auth: InboundAuth;
  /** A secret, because it may contain a token. */
  readonly url: Secret;
  readonly shape: EventShape;
  /** Sends an event for each subject that goes offline or comes back, or for each alert that fires or is resolved. */
  readonly eventsPer: "subject" | "alert";
  /** The first of these labels that an alert has names its subject. */
  readonly subjectLabels: readonly string[];
  /** Labels that tell subjects with the same name apart. */
  readonly scopeLabels: readonly string[];
  /** How long after a resolution a firing of the same period may still be an old notification. */
  readonly staleWindow: Seconds;
  readonly headers: ReadonlyMap<string, Secret>;
  readonly signing?: { readonly key: Secret; readonly previousKey?: Secret };
  readonly timeout: Seconds;
  readonly retry: RetryPolicy;
  readonly tls: OutboundTls;
}

import { type Alert, type AlertGroup, valueOf } from "../../core/alert.ts";
import { defined } from "../../core/defined.ts";
import { fillPlaceholders, mapTexts } from "../../core/placeholder.ts";
import type { EventField, EventPreset, EventShape } from "../../core/relay.ts";
import { rfc3339, type Timestamp } from "../../core/units.ts";

/** The exporter's own facts about the subject of an alert. */
export interface MachineFacts {
  readonly id?: number;
  readonly hostname?: string;
  readonly description?: string;
  readonly lastSeen?: Timestamp;
}

/** The input of {@link shapeEvent}. */
export interface AlertContext {
  /** Id of the event. */
  readonly id: string;
  readonly alert: Alert;
  readonly group: AlertGroup;
  readonly machine: MachineFacts | undefined;
}

/** An event ready to be sent. */
export interface RelayEvent {
  readonly body: string;
  readonly contentType: string;
}

/** Labels that may name the subject of an alert, in order of precedence. */
const NAME_LABELS = ["heartbeat", "machine", "target", "name", "instance", "job"] as const;

/** Returns the name of an alert's subject, or the alert's own name if no label has one. */
export function subjectOf({ labels }: Alert): string {
  for (const name of NAME_LABELS) {
    const value = valueOf(labels, name);
    if (value !== undefined) return value;
  }
  return valueOf(labels, "alertname") ?? "";
}

/** Renders an event in the given shape. */
export function shapeEvent(shape: EventShape, context: AlertContext): RelayEvent {
  if (shape.kind === "template") {
    const body = mapTexts(shape.template, (text) => fillPlaceholders(text, (name) => fieldOf(name, context)));
    return { body: JSON.stringify(body), contentType: "application/json" };
  }
  return {
    body: JSON.stringify(PRESETS[shape.preset](context)),
    contentType: shape.preset === "cloudevents" ? "application/cloudevents+json" : "application/json",
  };
}

const PRESETS: Readonly<Record<EventPreset, (context: AlertContext) => object>> = {
  machine: (context) => ({ event: eventOf(context), machine: machineOf(context) }),
  cloudevents,
  datadog,
  raw,
};

const eventOf = ({ alert }: AlertContext): string =>
  alert.status === "firing" ? "machine.offline" : "machine.online";

/** Builds the `machine` object. The exporter's own facts take precedence over those in the alert. */
function machineOf({ alert, machine }: AlertContext) {
  const inAlert = (name: string): string | undefined =>
    valueOf(alert.labels, name) ?? valueOf(alert.annotations, name);
  const lastSeen = machine?.lastSeen === undefined ? inAlert("last_seen") : rfc3339(machine.lastSeen);
  return {
    id: machine?.id ?? numberIn(inAlert("machine_id") ?? inAlert("id")) ?? null,
    name: subjectOf(alert),
    hostname: machine?.hostname ?? inAlert("hostname") ?? inAlert("instance") ?? "",
    description: machine?.description ?? inAlert("machine_description") ?? inAlert("description") ?? "",
    status: alert.status === "firing" ? "offline" : "online",
    last_seen: lastSeen ?? null,
  };
}

const numberIn = (text: string | undefined): number | string | undefined =>
  text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : text;

/** https://github.com/cloudevents/spec/blob/main/cloudevents/formats/json-format.md */
function cloudevents({ id, alert, group }: AlertContext): object {
  return {
    specversion: "1.0",
    id,
    source: group.externalUrl === "" ? "alertmanager" : group.externalUrl,
    type: `alertmanager.alert.${alert.status}`,
    subject: subjectOf(alert),
    time: alert.status === "resolved" && alert.endsAtText !== "" ? alert.endsAtText : alert.startsAtText,
    datacontenttype: "application/json",
    data: alertOf(alert),
  };
}

/** Limits of https://docs.datadoghq.com/api/latest/events/post-an-event/ */
const MAX_TITLE_LENGTH = 100;
const MAX_TEXT_LENGTH = 4_000;

function datadog({ alert, group }: AlertContext): object {
  const { labels, annotations, status } = alert;
  const summary = valueOf(annotations, "summary") ?? valueOf(labels, "alertname") ?? "alert";
  const host = valueOf(labels, "hostname") ?? valueOf(labels, "instance");
  const at = Date.parse(status === "resolved" ? alert.endsAtText : alert.startsAtText);
  const link = group.externalUrl === "" ? "" : `\n${group.externalUrl}`;
  return {
    title: `${status === "resolved" ? "Resolved" : "Firing"}: ${summary}`.slice(0, MAX_TITLE_LENGTH),
    text: `${(valueOf(annotations, "description") ?? summary).slice(0, MAX_TEXT_LENGTH - 500)}${link}`.slice(
      0,
      MAX_TEXT_LENGTH,
    ),
    alert_type:
      status === "resolved" ? "success" : (valueOf(SEVERITIES, valueOf(labels, "severity") ?? "") ?? "error"),
    // Groups the start and the end of an alert into one thread.
    aggregation_key: alert.fingerprint,
    source_type_name: "prometheus",
    tags: Object.entries(labels).map(([name, value]) => `${name}:${value}`),
    ...defined({ host }),
    ...(Number.isFinite(at) ? { date_happened: Math.floor(at / 1000) } : {}),
  };
}

const SEVERITIES: Readonly<Record<string, string>> = { critical: "error", warning: "warning", info: "info" };

/** Builds a notification in Alertmanager's own format, with a single alert. */
function raw({ alert, group }: AlertContext): object {
  return {
    version: "4",
    groupKey: group.groupKey,
    truncatedAlerts: 0,
    status: alert.status,
    receiver: group.receiver,
    groupLabels: group.groupLabels,
    commonLabels: alert.labels,
    commonAnnotations: alert.annotations,
    externalURL: group.externalUrl,
    alerts: [alertOf(alert)],
  };
}

const alertOf = (alert: Alert): object => ({
  status: alert.status,
  labels: alert.labels,
  annotations: alert.annotations,
  startsAt: alert.startsAtText,
  endsAt: alert.endsAtText,
  generatorURL: alert.generatorUrl,
  fingerprint: alert.fingerprint,
});

/** Returns the value of a template's placeholder; an empty string if the alert has no such value. */
function fieldOf(name: string, context: AlertContext): string {
  const { alert } = context;
  const [space, ...rest] = name.split(".");
  if (space === "labels") return valueOf(alert.labels, rest.join(".")) ?? "";
  if (space === "annotations") return valueOf(alert.annotations, rest.join(".")) ?? "";
  return Object.hasOwn(FIELDS, name) ? FIELDS[name as EventField](context) : "";
}

const FIELDS: Readonly<Record<EventField, (context: AlertContext) => string>> = {
  id: ({ id }) => id,
  event: eventOf,
  status: ({ alert }) => alert.status,
  starts_at: ({ alert }) => alert.startsAtText,
  ends_at: ({ alert }) => alert.endsAtText,
  fingerprint: ({ alert }) => alert.fingerprint,
  receiver: ({ group }) => group.receiver,
  external_url: ({ group }) => group.externalUrl,
  generator_url: ({ alert }) => alert.generatorUrl,
  "machine.id": (context) => String(machineOf(context).id ?? ""),
  "machine.name": (context) => machineOf(context).name,
  "machine.hostname": (context) => machineOf(context).hostname,
  "machine.description": (context) => machineOf(context).description,
  "machine.status": (context) => machineOf(context).status,
  "machine.last_seen": (context) => machineOf(context).last_seen ?? "",
};

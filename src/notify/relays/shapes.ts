import { type Alert, type AlertGroup, valueOf } from "../../core/alert.ts";
import { defined } from "../../core/defined.ts";
import { mapTexts } from "../../core/placeholder.ts";
import type { EventField, EventPreset, EventShape } from "../../core/relay.ts";
import { fillTemplate, type TemplateValue } from "../../core/template.ts";
import { truncate } from "../../core/truncate.ts";
import { rfc3339, type Timestamp } from "../../core/units.ts";
import type { PreparedEvent } from "./event.ts";
import type { Subject } from "./subject.ts";

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
  readonly subject: Subject;
  readonly alert: Alert;
  readonly group: AlertGroup;
  readonly machine: MachineFacts | undefined;
}

/** Longest name shown by the API, in UTF-16 code units. */
const LONGEST_NAME = 200;

/** Renders an event in the given shape. */
export function shapeEvent(shape: EventShape, context: AlertContext): PreparedEvent {
  const { id, subject, alert } = context;
  const event =
    shape.kind === "preset" && shape.preset !== "machine" ? cloudeventType(alert) : eventOf(context);
  const about = {
    subject: truncate(subject.name, LONGEST_NAME),
    event,
    alert: truncate(valueOf(alert.labels, "alertname") ?? "", LONGEST_NAME),
    fingerprint: alert.fingerprint,
  };
  return { id, about, ...bodyOf(shape, context) };
}

function bodyOf(shape: EventShape, context: AlertContext): Pick<PreparedEvent, "body" | "contentType"> {
  if (shape.kind === "template") {
    const body = mapTexts(shape.template, (text) => fillTemplate(text, (value) => valueIn(value, context)));
    return { body: JSON.stringify(body), contentType: "application/json" };
  }
  return {
    body: JSON.stringify(PRESETS[shape.preset](context)),
    contentType: shape.preset === "cloudevents" ? "application/cloudevents+json" : "application/json",
  };
}

const PRESETS: Readonly<Record<EventPreset, (context: AlertContext) => object>> = {
  machine: (context) => ({
    event: eventOf(context),
    machine: machineOf(context),
    ...truncatedField(context, "truncated_alerts"),
  }),
  cloudevents,
  datadog,
  raw,
};

/** Says how many alerts are missing from the notification, if any are. */
const truncatedField = ({ group }: AlertContext, name: string): Readonly<Record<string, number>> =>
  group.truncated === 0 ? {} : { [name]: group.truncated };

const eventOf = ({ alert }: AlertContext): string =>
  alert.status === "firing" ? "machine.offline" : "machine.online";

/** Builds the `machine` object. The exporter's own facts take precedence over those in the alert. */
function machineOf({ alert, machine, subject }: AlertContext) {
  const inAlert = (name: string): string | undefined =>
    valueOf(alert.labels, name) ?? valueOf(alert.annotations, name);
  const lastSeen = machine?.lastSeen === undefined ? inAlert("last_seen") : rfc3339(machine.lastSeen);
  return {
    id: machine?.id ?? numberIn(inAlert("machine_id") ?? inAlert("id")) ?? null,
    name: subject.name,
    hostname: machine?.hostname ?? inAlert("hostname") ?? inAlert("instance") ?? "",
    description: machine?.description ?? inAlert("machine_description") ?? inAlert("description") ?? "",
    status: alert.status === "firing" ? "offline" : "online",
    last_seen: lastSeen ?? null,
  };
}

const numberIn = (text: string | undefined): number | string | undefined =>
  text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : text;

/** https://github.com/cloudevents/spec/blob/main/cloudevents/formats/json-format.md */
function cloudevents(context: AlertContext): object {
  const { id, alert, group, subject } = context;
  return {
    specversion: "1.0",
    id,
    source: group.externalUrl === "" ? "alertmanager" : group.externalUrl,
    type: cloudeventType(alert),
    subject: subject.name,
    time: alert.status === "resolved" && alert.endsAtText !== "" ? alert.endsAtText : alert.startsAtText,
    datacontenttype: "application/json",
    // The name of an extension attribute has no underscore.
    ...truncatedField(context, "truncatedalerts"),
    data: alertOf(alert),
  };
}

const cloudeventType = ({ status }: Alert): string => `alertmanager.alert.${status}`;

/** Limits of https://docs.datadoghq.com/api/latest/events/post-an-event/ */
const MAX_TITLE_LENGTH = 100;
const MAX_TEXT_LENGTH = 4_000;

function datadog({ alert, group, subject }: AlertContext): object {
  const { labels, annotations, status } = alert;
  const summary = valueOf(annotations, "summary") ?? valueOf(labels, "alertname") ?? "alert";
  const host = valueOf(labels, "hostname") ?? valueOf(labels, "instance");
  const at = Date.parse(status === "resolved" ? alert.endsAtText : alert.startsAtText);
  const missing = group.truncated;
  const note = missing === 0 ? "" : `\n${missing} more alerts were left out of this notification.`;
  const link = group.externalUrl === "" ? "" : `\n${group.externalUrl}`;
  const description = truncate(valueOf(annotations, "description") ?? summary, MAX_TEXT_LENGTH - 500);
  return {
    title: truncate(`${status === "resolved" ? "Resolved" : "Firing"}: ${summary}`, MAX_TITLE_LENGTH),
    text: truncate(`${description}${note}${link}`, MAX_TEXT_LENGTH),
    alert_type:
      status === "resolved" ? "success" : (valueOf(SEVERITIES, valueOf(labels, "severity") ?? "") ?? "error"),
    // Groups the start and the end into one thread.
    aggregation_key: subject.key,
    source_type_name: "prometheus",
    tags: [
      ...Object.entries(labels).map(([name, value]) => `${name}:${value}`),
      ...(missing === 0 ? [] : [`truncated_alerts:${missing}`]),
    ],
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
    truncatedAlerts: group.truncated,
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

/** Returns the value that a template inserts; an empty string if the alert has no such value. */
function valueIn({ source }: TemplateValue, context: AlertContext): string {
  if (source.kind === "field") return FIELDS[source.field](context);
  return valueOf(context.alert[source.kind], source.name) ?? "";
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
  truncated_alerts: ({ group }) => String(group.truncated),
  "machine.id": (context) => String(machineOf(context).id ?? ""),
  "machine.name": (context) => machineOf(context).name,
  "machine.hostname": (context) => machineOf(context).hostname,
  "machine.description": (context) => machineOf(context).description,
  "machine.status": (context) => machineOf(context).status,
  "machine.last_seen": (context) => machineOf(context).last_seen ?? "",
};

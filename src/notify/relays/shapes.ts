import { type Alert, type AlertGroup, valueOf } from "../../core/alert.ts";
import { defined } from "../../core/defined.ts";
import { fillPlaceholders, mapTexts } from "../../core/placeholder.ts";
import type { EventField, EventPreset, EventShape } from "../../core/relay.ts";
import { rfc3339, type Timestamp } from "../../core/units.ts";

/** What the exporter itself knows of something that an alert is about. */
export interface MachineFacts {
  readonly id?: number;
  readonly hostname?: string;
  readonly description?: string;
  readonly lastSeen?: Timestamp;
}

/** All that an event is made of. */
export interface EventFacts {
  readonly id: string;
  readonly alert: Alert;
  readonly group: AlertGroup;
  readonly known: MachineFacts | undefined;
}

/** An event as it is sent. */
export interface RelayEvent {
  readonly body: string;
  readonly contentType: string;
}

/** Labels that may name what an alert is about, the surest first. */
const NAME_LABELS = ["heartbeat", "machine", "target", "name", "instance", "job"] as const;

/** What an alert is about. */
export function subjectOf({ labels }: Alert): string {
  for (const name of NAME_LABELS) {
    const value = valueOf(labels, name);
    if (value !== undefined) return value;
  }
  return valueOf(labels, "alertname") ?? "";
}

/** Writes the event. */
export function shapeEvent(shape: EventShape, facts: EventFacts): RelayEvent {
  if (shape.kind === "template") {
    const body = mapTexts(shape.template, (text) => fillPlaceholders(text, (name) => fieldOf(name, facts)));
    return { body: JSON.stringify(body), contentType: "application/json" };
  }
  return {
    body: JSON.stringify(PRESETS[shape.preset](facts)),
    contentType: shape.preset === "cloudevents" ? "application/cloudevents+json" : "application/json",
  };
}

const PRESETS: Readonly<Record<EventPreset, (facts: EventFacts) => object>> = {
  machine: (facts) => ({ event: eventOf(facts), machine: machineOf(facts) }),
  cloudevents,
  datadog,
  raw,
};

const eventOf = ({ alert }: EventFacts): string =>
  alert.status === "firing" ? "machine.offline" : "machine.online";

/** The machine of the webhook: what the exporter knows itself comes before what the alert says. */
function machineOf({ alert, known }: EventFacts) {
  const said = (name: string): string | undefined =>
    valueOf(alert.labels, name) ?? valueOf(alert.annotations, name);
  const lastSeen = known?.lastSeen === undefined ? said("last_seen") : rfc3339(known.lastSeen);
  return {
    id: known?.id ?? numberIn(said("machine_id") ?? said("id")) ?? null,
    name: subjectOf(alert),
    hostname: known?.hostname ?? said("hostname") ?? said("instance") ?? "",
    description: known?.description ?? said("machine_description") ?? said("description") ?? "",
    status: alert.status === "firing" ? "offline" : "online",
    last_seen: lastSeen ?? null,
  };
}

const numberIn = (text: string | undefined): number | string | undefined =>
  text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : text;

/** https://github.com/cloudevents/spec/blob/main/cloudevents/formats/json-format.md */
function cloudevents({ id, alert, group }: EventFacts): object {
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
const LONGEST_TITLE = 100;
const LONGEST_TEXT = 4_000;

function datadog({ alert, group }: EventFacts): object {
  const { labels, annotations, status } = alert;
  const said = valueOf(annotations, "summary") ?? valueOf(labels, "alertname") ?? "alert";
  const host = valueOf(labels, "hostname") ?? valueOf(labels, "instance");
  const at = Date.parse(status === "resolved" ? alert.endsAtText : alert.startsAtText);
  const link = group.externalUrl === "" ? "" : `\n${group.externalUrl}`;
  return {
    title: `${status === "resolved" ? "Resolved" : "Firing"}: ${said}`.slice(0, LONGEST_TITLE),
    text: `${(valueOf(annotations, "description") ?? said).slice(0, LONGEST_TEXT - 500)}${link}`.slice(
      0,
      LONGEST_TEXT,
    ),
    alert_type:
      status === "resolved" ? "success" : (valueOf(SEVERITIES, valueOf(labels, "severity") ?? "") ?? "error"),
    // Start and end of an alert are one thread.
    aggregation_key: alert.fingerprint,
    source_type_name: "prometheus",
    tags: Object.entries(labels).map(([name, value]) => `${name}:${value}`),
    ...defined({ host }),
    ...(Number.isFinite(at) ? { date_happened: Math.floor(at / 1000) } : {}),
  };
}

const SEVERITIES: Readonly<Record<string, string>> = { critical: "error", warning: "warning", info: "info" };

/** What Alertmanager sends, with one alert: whoever understands its webhooks understands this. */
function raw({ alert, group }: EventFacts): object {
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

/** What a placeholder of a template stands for; nothing, where the alert has nothing of that name. */
function fieldOf(name: string, facts: EventFacts): string {
  const { alert } = facts;
  const [space, ...rest] = name.split(".");
  if (space === "labels") return valueOf(alert.labels, rest.join(".")) ?? "";
  if (space === "annotations") return valueOf(alert.annotations, rest.join(".")) ?? "";
  return Object.hasOwn(FIELDS, name) ? FIELDS[name as EventField](facts) : "";
}

const FIELDS: Readonly<Record<EventField, (facts: EventFacts) => string>> = {
  id: ({ id }) => id,
  event: eventOf,
  status: ({ alert }) => alert.status,
  starts_at: ({ alert }) => alert.startsAtText,
  ends_at: ({ alert }) => alert.endsAtText,
  fingerprint: ({ alert }) => alert.fingerprint,
  receiver: ({ group }) => group.receiver,
  external_url: ({ group }) => group.externalUrl,
  generator_url: ({ alert }) => alert.generatorUrl,
  "machine.id": (facts) => String(machineOf(facts).id ?? ""),
  "machine.name": (facts) => machineOf(facts).name,
  "machine.hostname": (facts) => machineOf(facts).hostname,
  "machine.description": (facts) => machineOf(facts).description,
  "machine.status": (facts) => machineOf(facts).status,
  "machine.last_seen": (facts) => machineOf(facts).last_seen ?? "",
};

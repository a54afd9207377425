import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import type { FromSchema, JSONSchema } from "json-schema-to-ts";
import type { Alert, AlertGroup } from "../core/alert.ts";
import { parseInstant } from "../core/instant.ts";
import { timestamp } from "../core/units.ts";

const text = { type: "string" } as const;
const texts = { type: "object", additionalProperties: text } as const;
const time = { type: "string", format: "time" } as const;
const status = { type: "string", enum: ["firing", "resolved"] } as const;

/** The fields of Alertmanager's webhook, version 4, that are used. Other fields are allowed. */
const schema = {
  type: "object",
  properties: {
    version: { const: "4" },
    status,
    receiver: text,
    groupKey: text,
    groupLabels: texts,
    externalURL: text,
    truncatedAlerts: { type: "integer", minimum: 0 },
    alerts: {
      type: "array",
      maxItems: 10_000,
      items: {
        type: "object",
        properties: {
          status,
          labels: texts,
          annotations: texts,
          startsAt: time,
          endsAt: time,
          generatorURL: text,
          fingerprint: { type: "string", pattern: "^[0-9a-f]{1,64}$" },
        },
        required: ["status", "labels", "startsAt", "fingerprint"],
      },
    },
  },
  required: ["version", "alerts"],
} as const satisfies JSONSchema;

type Notification = FromSchema<typeof schema>;

/** A parsed notification, or the reason why the body is not one. */
export type NotificationReading =
  | { readonly kind: "group"; readonly group: AlertGroup }
  | { readonly kind: "problem"; readonly text: string };

let validator: ValidateFunction<Notification> | undefined;

/** Compiles the schema on first use, because most exporters never receive a notification. */
function validate(): ValidateFunction<Notification> {
  if (validator !== undefined) return validator;
  const ajv = new Ajv2020({ strict: false, validateSchema: false, meta: false, logger: false });
  ajv.addFormat("time", { type: "string", validate: (one: string) => parseInstant(one) !== undefined });
  validator = ajv.compile<Notification>(schema);
  return validator;
}

/** Parses a notification of Alertmanager. */
export function readNotification(body: Buffer): NotificationReading {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    return { kind: "problem", text: "body: not valid JSON, want a webhook of Alertmanager" };
  }
  const check = validate();
  if (check(value)) return { kind: "group", group: groupOf(value) };
  const [error] = check.errors ?? [];
  const place = error?.instancePath === undefined || error.instancePath === "" ? "body" : error.instancePath;
  const want = error?.keyword === "const" ? 'must be "4"' : (error?.message ?? "is invalid");
  return { kind: "problem", text: `${place}: ${want}; want a webhook of Alertmanager, version 4` };
}

const groupOf = ({
  receiver,
  groupKey,
  groupLabels,
  externalURL,
  truncatedAlerts,
  alerts,
}: Notification): AlertGroup => ({
  receiver: receiver ?? "",
  groupKey: groupKey ?? "",
  groupLabels: groupLabels ?? {},
  externalUrl: externalURL ?? "",
  truncated: truncatedAlerts ?? 0,
  alerts: alerts.map(alertOf),
});

const alertOf = (one: Notification["alerts"][number]): Alert => ({
  status: one.status,
  labels: one.labels,
  annotations: one.annotations ?? {},
  startsAt: parseInstant(one.startsAt) ?? timestamp(0),
  startsAtText: one.startsAt,
  endsAtText: one.endsAt ?? "",
  generatorUrl: one.generatorURL ?? "",
  fingerprint: one.fingerprint,
});

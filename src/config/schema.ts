import type { JSONSchema } from "json-schema-to-ts";
import { actionsSchema } from "./sections/actions.ts";
import { alertThresholdsSchema } from "./sections/alert-thresholds.ts";
import { componentsSchema } from "./sections/components.ts";
import { contextApiSchema } from "./sections/context-api.ts";
import { controlSchema } from "./sections/control.ts";
import { groupsSchema } from "./sections/groups.ts";
import { healthSchema } from "./sections/health.ts";
import { registrationSchema } from "./sections/heartbeat-registration.ts";
import { heartbeatsSchema } from "./sections/heartbeats.ts";
import { leaseSchema } from "./sections/lease.ts";
import { limitsSchema } from "./sections/limits.ts";
import { maintenanceSchema } from "./sections/maintenance.ts";
import { modulesSchema } from "./sections/modules.ts";
import { notifySchema } from "./sections/notify/notify.ts";
import { pagesSchema } from "./sections/pages.ts";
import { pluginsSchema } from "./sections/plugins.ts";
import { pricesSchema } from "./sections/prices.ts";
import { relaysSchema } from "./sections/relays.ts";
import { routesSchema } from "./sections/routes.ts";
import { storageSchema } from "./sections/storage.ts";
import { targetsSchema } from "./sections/targets.ts";
import { webSectionSchema } from "./sections/web.ts";
import { webhooksSchema } from "./sections/webhooks.ts";

/**
 * The whole configuration file, one line per section. Validation, the sections' types, their defaults and
 * docs/configuration.md come from these schemas; the options of a module come from its prober's schema.
 */
export const configSchema = {
  type: "object",
  properties: {
    plugins: pluginsSchema,
    modules: modulesSchema,
    targets: targetsSchema,
    heartbeats: heartbeatsSchema,
    heartbeat_registration: registrationSchema,
    relays: relaysSchema,
    actions: actionsSchema,
    maintenance: maintenanceSchema,
    groups: groupsSchema,
    routes: routesSchema,
    alert_thresholds: alertThresholdsSchema,
    health: healthSchema,
    pages: pagesSchema,
    webhooks: webhooksSchema,
    notify: notifySchema,
    prices: pricesSchema,
    limits: limitsSchema,
    lease: leaseSchema,
    control: controlSchema,
    components: componentsSchema,
    storage: storageSchema,
    web: webSectionSchema,
    context_api: contextApiSchema,
  },
  additionalProperties: false,
} as const satisfies JSONSchema;

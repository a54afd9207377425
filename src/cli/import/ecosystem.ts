import { basename, dirname, join } from "node:path";
import { Document } from "yaml";
import { escapeReferences } from "../../config/document/convert.ts";
import { defined } from "../../core/defined.ts";
import { durationOf } from "./durations.ts";
import { ecosystemChannels } from "./ecosystem-channels.ts";
import { ruleOverrides } from "./ecosystem-rules.ts";
import { type Fields, fieldsOf } from "./fields.ts";
import { targetAddress } from "./http-modules.ts";
import { createNames, type Import, type ImportResult } from "./names.ts";

const MODULE = "http_2xx";

/**
 * Converts the configuration of an ecosystem health monitor: one module, a target for each service, channels, an action, flags,
 * and overrides of the pack's alerts.
 */
export function importEcosystem(context: Import): ImportResult {
  const { source, notes } = context;
  const file = fieldsOf(source.value, [], source, notes);
  const nameOf = createNames();
  const shared = {
    interval: durationOf(file.number("check_interval_seconds")),
    failure_threshold: file.number("max_consecutive_failures"),
  };
  const timeout = durationOf(file.number("timeout_seconds"));
  const targets = file.maps("services").map((service) => serviceTarget(service, shared, nameOf, context));
  const storage = storageOf(file);
  const channels = ecosystemChannels(file.map("alerting"), context);
  const actions = healingAction(file.map("self_healing"), context);
  const overrides = ruleOverrides(file.maps("alert_rules"));
  const flags = levelFlag(file);
  file.end();
  const document = new Document({
    modules: { [MODULE]: { prober: "http", ...defined({ timeout }) } },
    targets,
    ...(channels.length === 0 ? {} : { notify: channels }),
    ...(actions.length === 0 ? {} : { actions }),
    ...(storage === undefined ? {} : { storage }),
  });
  return {
    document,
    flags,
    ...(overrides === undefined ? {} : { overrides: new Document({ alerts: overrides }) }),
  };
}

function serviceTarget(
  service: Fields,
  shared: Readonly<Record<string, unknown>>,
  nameOf: (text: string) => string,
  { secrets }: Import,
): object {
  const name = service.required("name");
  const url = service.required("url");
  const own = nameOf(name);
  if (own !== name) service.note(`renamed to ${own}, because names of targets are words`, "name");
  const expected = service.number("expected_response_time");
  const critical = service.flag("critical");
  service.end();
  return {
    name: own,
    module: MODULE,
    target: targetAddress(escapeReferences(url), secrets, own, [...service.path, "url"]),
    schedule: "interval",
    ...defined({ ...shared, expected_duration: durationOf(expected), critical }),
  };
}

/** Returns where the history goes. The monitor's own database stays as it is: it is of another program. */
function storageOf(file: Fields): object | undefined {
  const path = file.text("database_path");
  const days = file.number("retention_days") ?? file.number("data_retention_days");
  if (path === undefined) return days === undefined ? undefined : { retention: durationOf(days * 86_400) };
  const own = join(dirname(path), `${basename(path).replace(/\.\w+$/, "")}.heartbeat-exporter.db`);
  file.note(
    `the exporter writes its own file, ${own}; the history in the old one is not imported`,
    "database_path",
  );
  return {
    path: escapeReferences(own),
    ...defined({ retention: durationOf(days === undefined ? days : days * 86_400) }),
  };
}

/** The levels of the exporter by those of Python. */
const LEVELS: Readonly<Record<string, string>> = {
  DEBUG: "debug",
  INFO: "info",
  WARNING: "warn",
  WARN: "warn",
  ERROR: "error",
  CRITICAL: "error",
};

function levelFlag(file: Fields): readonly string[] {
  const given = file.text("log_level");
  const level = given === undefined ? undefined : LEVELS[given.toUpperCase()];
  if (given !== undefined && level === undefined)
    file.note("not imported: want DEBUG, INFO, WARNING, ERROR or CRITICAL", "log_level");
  return level === undefined ? [] : [`--log.level=${level}`];
}

/** Returns the action that restarts services, as a dry run: the file does not say how a service is restarted. */
function healingAction(healing: Fields | undefined, { secrets }: Import): readonly object[] {
  if (healing === undefined) return [];
  const enabled = healing.flag("enabled") !== false && healing.flag("restart_unhealthy_services") !== false;
  const attempts = healing.number("max_restart_attempts");
  const minutes = healing.number("restart_cooldown_minutes");
  healing.end();
  if (!enabled) {
    healing.note("not imported: it is not enabled");
    return [];
  }
  healing.note(
    "imported as a dry run of `systemctl restart TARGET`: put the command that restarts a service into actions.restart.run, and remove dry_run; Alertmanager triggers it, with the password of basic_auth",
  );
  const auth = secrets.chosen("password", "HEARTBEAT_ACTIONS_PASSWORD", healing.path);
  return [
    {
      name: "restart",
      basic_auth: { username: "alertmanager", ...auth },
      match: { alertname: "HeartbeatTargetDown" },
      run: ["/usr/bin/systemctl", "restart", "{{target}}"],
      ...defined({
        max_attempts: attempts,
        cooldown: minutes === undefined ? undefined : durationOf(minutes * 60),
      }),
      dry_run: true,
    },
  ];
}

import { Document } from "yaml";
import { escapeReferences } from "../../config/document/convert.ts";
import { defined } from "../../core/defined.ts";
import { durationOf } from "./durations.ts";
import { type Fields, fieldsOf } from "./fields.ts";
import { createNames, type Import, type ImportResult } from "./names.ts";

/**
 * Converts the checks of healthchecks.io, as its API lists them: https://healthchecks.io/docs/api/#list-checks. Each becomes a
 * heartbeat with the same schedule.
 */
export function importHealthchecks({ source, notes }: Import): ImportResult {
  const file = fieldsOf(source.value, [], source, notes);
  const nameOf = createNames();
  const heartbeats = file.maps("checks").flatMap((check) => heartbeatOf(check, nameOf) ?? []);
  file.end();
  if (heartbeats.length > 0)
    notes.add(["checks"], "clients have to ping the exporter, /ping/NAME, instead of their ping_url");
  return { document: new Document({ heartbeats }) };
}

function heartbeatOf(check: Fields, nameOf: (text: string) => string): object | undefined {
  const [name, slug] = [check.text("name"), check.text("slug")];
  const status = check.text("status");
  const title = name === undefined || name === "" ? slug : name;
  check.ignore(
    "n_pings",
    "last_ping",
    "next_ping",
    "last_duration",
    "started",
    "unique_key",
    "uuid",
    "badge_url",
  );
  check.ignore("ping_url", "update_url", "pause_url", "resume_url");
  check.omit("channels", "its integrations are ids: write channels under notify");
  check.omit("manual_resume", "the next ping always ends an outage");
  check.omit("methods", "GET, HEAD and POST all count");
  for (const kind of ["subject", "subject_fail", "start_kw", "success_kw", "failure_kw"])
    check.omit(kind, "words in the body do not decide");
  check.omit("filter_subject", "there are no pings by e-mail");
  check.omit("filter_body", "words in the body do not decide");
  check.ignore("filter_http_body", "filter_default_fail");
  const timing = timingOf(check);
  const tags = check.text("tags");
  const description = check.text("desc");
  if (status === "paused" || timing === undefined) {
    check.note(
      `${title ?? "a check"} is not imported: ${timing === undefined ? "its schedule is not a cron expression" : "it is paused"}`,
    );
    return undefined;
  }
  check.end();
  const own = nameOf(slug === undefined || slug === "" ? (title ?? "check") : slug);
  return {
    name: own,
    kind: "job",
    ...timing,
    ...defined({ description: text(description === "" || description === undefined ? title : description) }),
    ...(tags === undefined || tags === "" ? {} : { labels: { tags: escapeReferences(tags) } }),
  };
}

const text = (one: string | undefined): string | undefined =>
  one === undefined ? one : escapeReferences(one);

/** Returns when a check is expected; `undefined` for a schedule in systemd's form. */
function timingOf(check: Fields): object | undefined {
  const [schedule, timezone] = [check.text("schedule"), check.text("tz")];
  const [timeout, grace] = [check.number("timeout"), check.number("grace")];
  if (schedule === undefined)
    return { every: durationOf(timeout ?? 86_400), ...defined({ grace: durationOf(grace) }) };
  if (schedule.trim().split(/\s+/).length !== 5) return undefined;
  return { schedule, ...defined({ timezone, grace: durationOf(grace) }) };
}

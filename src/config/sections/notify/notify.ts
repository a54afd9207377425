import type { JSONSchema } from "json-schema-to-ts";
import type { Channel, ChannelPreset, PresetName, QuietHours } from "../../../core/channel.ts";
import { defined } from "../../../core/defined.ts";
import { DAYS } from "../../../core/maintenance.ts";
import { type NoticeRule, SEVERITIES } from "../../../core/notice.ts";
import { type BuildContext, durationOf } from "../../context.ts";
import { type Raw, type WithDefaults, withDefaults } from "../../document/defaults.ts";
import { alternatives } from "../../document/describe.ts";
import { childOf, type Path } from "../../document/tree.ts";
import { namedEntries } from "../entries.ts";
import { outboundTls, outboundTlsSchema } from "../http-auth.ts";
import { bool, count, duration, name, positiveDuration } from "../schema-words.ts";
import { PRESET_NAMES, presetSections } from "./presets.ts";
import { checkRule, type KnownSubjects, ruleOf, whenSchema } from "./when.ts";

const localTime = { type: "string", format: "local_time" } as const;

const quietSchema = {
  type: "object",
  description:
    "Times in which only urgent messages are sent. The others wait, and are sent as one summary at the end.",
  properties: {
    from: { ...localTime, description: "Start, in the time zone of the channel." },
    to: { ...localTime, description: "End; if it is not after `from`, it is on the next day." },
    days: {
      type: "array",
      items: { type: "string", enum: DAYS },
      minItems: 1,
      uniqueItems: true,
      default: DAYS,
      description: "Days on which they start.",
    },
    urgent: {
      type: "array",
      items: { type: "string", enum: SEVERITIES },
      uniqueItems: true,
      default: ["critical"],
      description: "Severities that are sent at once all the same.",
    },
  },
  required: ["from", "to"],
  additionalProperties: false,
} as const satisfies JSONSchema;

const { ntfy, telegram, discord, slack, teams, matrix, pushover, gotify, email, apprise, webhook } =
  presetSections;

const channelSchema = {
  type: "object",
  description: "A channel sends messages about what happens to one service: it has exactly one preset.",
  properties: {
    name: { ...name, description: "Unique; the label `channel` of its series." },
    ntfy: ntfy.schema,
    telegram: telegram.schema,
    discord: discord.schema,
    slack: slack.schema,
    teams: teams.schema,
    matrix: matrix.schema,
    pushover: pushover.schema,
    gotify: gotify.schema,
    email: email.schema,
    apprise: apprise.schema,
    webhook: webhook.schema,
    when: whenSchema,
    group_wait: {
      ...duration,
      default: "15s",
      description: "Wait after a change for further ones, which go into the same message.",
    },
    group_interval: {
      ...duration,
      default: "1m",
      description: "Shortest time between two messages; what happens meanwhile is one message.",
    },
    repeat_every: {
      ...positiveDuration,
      description: "Tells what is still wrong again after this time. Default: each event is told once.",
    },
    send_resolved: {
      ...bool,
      default: true,
      description: "Tells the end of what this channel was told, and of nothing else.",
    },
    max_per_hour: {
      ...count,
      default: 20,
      description:
        "Most messages within any hour. The first half is sent at once, the others evenly; each tells everything that waits.",
    },
    quiet_hours: quietSchema,
    time_zone: {
      type: "string",
      format: "time_zone",
      default: "UTC",
      description: "Time zone of quiet hours and of the times in messages.",
    },
    timeout: { ...positiveDuration, default: "10s", description: "Longest duration of one attempt." },
    max_age: {
      ...positiveDuration,
      default: "1d",
      description: "A message that could not be delivered for this long becomes a dead letter.",
    },
    tls_config: outboundTlsSchema,
  },
  required: ["name"],
  additionalProperties: false,
} as const satisfies JSONSchema;

type RawChannel = WithDefaults<typeof channelSchema>;

/** The section `notify`. */
export const notifySchema = {
  type: "array",
  items: channelSchema,
  description: "Messages to people about what happens, without Alertmanager.",
} as const satisfies JSONSchema;

/**
 * Builds the valid channels and reports the problems of the others.
 * @param known everything that notices can be about
 */
export const buildNotify = (known: KnownSubjects, context: BuildContext): readonly Channel[] =>
  namedEntries("notify", "a name that no other channel has", context).flatMap(({ value, path }) => {
    const preset = chosenPreset(value, path, context);
    if (preset === undefined || context.problems.isBroken(path)) return [];
    const raw = withDefaults(channelSchema, value);
    const when = ruleOf(raw.when);
    checkRule(when, raw.when, [...path, "when"], known, context);
    return [channelOf(raw, preset, when, path, context)];
  });

/** Returns the name of the one preset of an entry; none or several is a problem. */
function chosenPreset(value: unknown, path: Path, { problems }: BuildContext): PresetName | undefined {
  const chosen = PRESET_NAMES.filter((one) => childOf(value, one) !== undefined);
  const [only] = chosen;
  if (chosen.length === 1) return only;
  const got = only === undefined ? "no preset" : chosen.join(" and ");
  problems.add({ path, got, want: `exactly one of ${alternatives(PRESET_NAMES)}` });
  return undefined;
}

function channelOf(
  raw: RawChannel,
  preset: PresetName,
  when: NoticeRule,
  path: Path,
  context: BuildContext,
): Channel {
  const options = presetSections[preset].build(raw[preset], [...path, preset], context);
  return {
    name: raw.name,
    // The table gives each name its own options.
    preset: { name: preset, options } as ChannelPreset,
    when,
    groupWait: durationOf(raw.group_wait),
    groupInterval: durationOf(raw.group_interval),
    sendResolved: raw.send_resolved,
    maxPerHour: raw.max_per_hour,
    timeZone: raw.time_zone,
    timeout: durationOf(raw.timeout),
    maxAge: durationOf(raw.max_age),
    tls: outboundTls(raw.tls_config, [...path, "tls_config"], context),
    ...defined({
      repeatEvery: raw.repeat_every === undefined ? undefined : durationOf(raw.repeat_every),
      quietHours: raw.quiet_hours === undefined ? undefined : quietHoursOf(raw.quiet_hours, raw.time_zone),
    }),
  };
}

function quietHoursOf(given: Raw<typeof quietSchema>, timeZone: string): QuietHours {
  const { from, to, days, urgent } = withDefaults(quietSchema, given);
  return { times: { kind: "weekly", days, from, to, timeZone }, urgent: new Set(urgent) };
}

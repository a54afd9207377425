import type { WindowTimes } from "./maintenance.ts";
import type { NoticeRule, Severity } from "./notice.ts";
import type { OutboundTls } from "./relay.ts";
import type { Secret } from "./secret.ts";
import type { Seconds } from "./units.ts";

/** The fields of a message that a template inserts. */
export const MESSAGE_FIELDS = [
  "id",
  "title",
  "text",
  "status",
  "severity",
  "event",
  "subject",
  "kind",
  "reason",
  "detail",
  "since",
  "last_success",
  "count",
  "link",
] as const;
/** One of `MESSAGE_FIELDS`. */
export type MessageField = (typeof MESSAGE_FIELDS)[number];

/** The options of each preset: where to send, and with which credentials. URLs are secrets, because many contain a token. */
export interface ChannelOptions {
  readonly ntfy: {
    /** Address of the topic. */
    readonly url: Secret;
    readonly token?: Secret;
    readonly login?: { readonly username: string; readonly password: Secret };
  };
  readonly telegram: {
    readonly apiUrl: string;
    readonly token: Secret;
    readonly chat: string;
    /** The topic of a forum. */
    readonly thread?: number;
  };
  readonly discord: { readonly url: Secret };
  readonly slack: { readonly url: Secret };
  readonly teams: { readonly url: Secret };
  readonly matrix: { readonly homeserver: string; readonly room: string; readonly token: Secret };
  readonly pushover: {
    readonly apiUrl: string;
    readonly token: Secret;
    readonly user: Secret;
    readonly device?: string;
  };
  readonly gotify: { readonly url: Secret; readonly token: Secret };
  readonly email: {
    readonly host: string;
    readonly port: number;
    readonly encryption: "starttls" | "tls" | "none";
    readonly login?: { readonly username: string; readonly password: Secret };
    readonly from: string;
    readonly to: readonly string[];
  };
  readonly apprise: { readonly url: Secret; readonly urls?: Secret; readonly tag?: string };
  readonly webhook: {
    readonly url: Secret;
    readonly headers: ReadonlyMap<string, Secret>;
    /** A JSON value with placeholders; without one the whole message is sent. */
    readonly template?: unknown;
  };
}

/** The name of a preset. */
export type PresetName = keyof ChannelOptions;

/** A preset with its options. */
export type ChannelPreset = {
  readonly [Name in PresetName]: { readonly name: Name; readonly options: ChannelOptions[Name] };
}[PresetName];

/** Times in which only urgent messages are sent. The others wait for their end. */
export interface QuietHours {
  readonly times: WindowTimes;
  readonly urgent: ReadonlySet<Severity>;
}

/** A receiver of messages about what happens, and its rules. */
export interface Channel {
  readonly name: string;
  readonly preset: ChannelPreset;
  readonly when: NoticeRule;
  /** Wait after a change for further ones, which go into the same message. */
  readonly groupWait: Seconds;
  /** Shortest time between two messages. */
  readonly groupInterval: Seconds;
  /** Time after which something that still is bad is told again; without it, once. */
  readonly repeatEvery?: Seconds;
  /** Tells the end of what was told. */
  readonly sendResolved: boolean;
  readonly maxPerHour: number;
  readonly quietHours?: QuietHours;
  /** The zone of times in messages. */
  readonly timeZone: string;
  /** Timeout of one attempt. */
  readonly timeout: Seconds;
  /** Age at which an undelivered message becomes a dead letter. */
  readonly maxAge: Seconds;
  readonly tls: OutboundTls;
}

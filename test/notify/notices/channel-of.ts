import type { Channel } from "../../../src/core/channel.ts";
import type { Notice, NoticeEvent, NoticeSubject } from "../../../src/core/notice.ts";
import { knownSecret } from "../../../src/core/secret.ts";
import { seconds, timestamp } from "../../../src/core/units.ts";

/** Returns a channel with the defaults of the configuration. */
export const channelOf = (more: Partial<Channel> = {}): Channel => ({
  name: "phone",
  preset: { name: "slack", options: { url: knownSecret("http://127.0.0.1:1/") } },
  when: {},
  groupWait: seconds(15),
  groupInterval: seconds(60),
  sendResolved: true,
  maxPerHour: 20,
  timeZone: "UTC",
  timeout: seconds(10),
  maxAge: seconds(86_400),
  tls: { insecureSkipVerify: false },
  ...more,
});

/** Returns a target as the subject of notices. */
export const subject = (name: string, more: Partial<NoticeSubject> = {}): NoticeSubject => ({
  kind: "target",
  name,
  critical: false,
  labels: {},
  ...more,
});

/** Returns a notice about a target. */
export const notice = (name: string, event: NoticeEvent, at: number, more: Partial<Notice> = {}): Notice => ({
  subject: subject(name),
  event,
  at: timestamp(at),
  ...more,
});

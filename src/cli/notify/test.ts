import { randomUUID } from "node:crypto";
import type { Channel } from "../../core/channel.ts";
import type { ChannelReply } from "../../notify/channels/reply.ts";
import { sendOnce } from "../../notify/channels/send.ts";
import type { Message } from "../../notify/notices/message.ts";
import { loadConfig } from "../load-config.ts";
import { CommandError, EXIT, type Shell } from "../shell.ts";

/** The arguments and flags of `heartbeat-exporter notify test`. */
export interface NotifyTestFlags {
  readonly name?: string;
  readonly configFile?: string;
}

/** Sends a test message to each chosen channel and prints the outcomes. */
export async function sendTests({ name, configFile }: NotifyTestFlags, shell: Shell): Promise<number> {
  const { notify, settingName } = await loadConfig(configFile, shell);
  const chosen = name === undefined ? notify : notify.filter((channel) => channel.name === name);
  if (chosen.length === 0) throw new CommandError(missing(name, notify, settingName("notify")), "usage");
  const { clock } = shell;
  let failed = false;
  for (const channel of chosen) {
    const message: Message = {
      id: `test-${randomUUID()}`,
      at: clock.now(),
      severity: "info",
      items: [],
      omitted: 0,
      test: true,
    };
    const reply = await sendOnce(channel, message, new AbortController().signal, { clock });
    failed ||= reply.result.kind !== "delivered";
    shell.out(`${channel.name} (${channel.preset.name}): ${outcomeOf(reply)}\n`);
  }
  return failed ? EXIT.failed : EXIT.good;
}

function missing(name: string | undefined, channels: readonly Channel[], setting: string): string {
  if (name === undefined || channels.length === 0) return `there is no channel: set ${setting}`;
  const known = channels.map((channel) => channel.name).join(", ");
  return `channel: got ${JSON.stringify(name)}, want one of ${known}`;
}

function outcomeOf({ result, status, excerpt }: ChannelReply): string {
  const answer = [
    ...(status === undefined ? [] : [`status ${status}`]),
    ...(excerpt === "" ? [] : [excerpt]),
  ];
  if (result.kind === "delivered") return `delivered${answer.length === 0 ? "" : `: ${answer.join(": ")}`}`;
  return `not delivered: ${answer.length === 0 ? result.detail : answer.join(": ")}`;
}

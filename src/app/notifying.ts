import { defined } from "../core/defined.ts";
import type { History } from "../core/history.ts";
import type { Log } from "../core/log.ts";
import type { Memory } from "../core/memory.ts";
import { compileTimes } from "../maintenance/times.ts";
import { createNotifier, type Notifier } from "../notify/notices/notifier.ts";
import { createExists, createHoldOf, createNoticeOf, type NoticeParts } from "./notices.ts";

/** The parts that messages to people need. */
export interface NotifyingParts extends NoticeParts {
  readonly log: Log;
  readonly memory: Memory;
  readonly history: Pick<History, "subscribe">;
  readonly externalUrl?: URL;
}

/** Builds the notifier, and passes it every event that people are told. */
export function createNotifying(parts: NotifyingParts): Notifier {
  const { clock, log, memory, history, externalUrl, leads } = parts;
  const notifier = createNotifier({
    clock,
    log,
    memory,
    random: Math.random,
    ...defined({ link: externalUrl?.href }),
    leads,
    holdOf: createHoldOf(parts),
    exists: createExists(parts),
    within(times) {
      const stateAt = compileTimes(times);
      return (now) => stateAt(now).open;
    },
  });
  const noticeOf = createNoticeOf(parts);
  const unsubscribe = history.subscribe((event) => {
    const notice = noticeOf(event);
    if (notice !== undefined) notifier.notice(notice);
  });
  return {
    ...notifier,
    async stop() {
      unsubscribe();
      await notifier.stop();
    },
  };
}

import { catalogue } from "../catalogue/index.ts";
import { type Sample, sample } from "../core/metric.ts";
import type { ActionView } from "../notify/actions/actions.ts";
import type { ChannelView } from "../notify/notices/notifier.ts";
import type { RelayView } from "../notify/relays/relays.ts";
import type { WebhookCounts } from "../notify/webhooks/webhooks.ts";

/** Makes the samples of relays and actions. */
export function* notifySamples(
  relays: readonly RelayView[],
  actions: readonly ActionView[],
): Generator<Sample> {
  for (const relay of relays) yield* relaySamples(relay);
  for (const action of actions) yield* actionSamples(action);
}

function* relaySamples({ name: relay, counts, queued, dead }: RelayView): Generator<Sample> {
  const { truncated, ...results } = counts;
  for (const [result, count] of Object.entries(results)) {
    yield sample(catalogue.relayDeliveries, count, { relay, result });
  }
  yield sample(catalogue.relayTruncatedAlerts, truncated, { relay });
  yield sample(catalogue.relayQueueLength, queued.length, { relay });
  yield sample(catalogue.relayDeadLetters, dead.length, { relay });
}

function* actionSamples({ name: action, counts, truncated, targets }: ActionView): Generator<Sample> {
  yield sample(catalogue.actionTruncatedAlerts, truncated, { action });
  for (const [result, count] of Object.entries(counts)) {
    yield sample(catalogue.actionAttempts, count, { action, result });
  }
  for (const { target, state } of targets) {
    const { cooldownUntil, exhausted } = state;
    if (cooldownUntil !== undefined) {
      yield sample(catalogue.actionCooldown, cooldownUntil, { action, target });
    }
    yield sample(catalogue.actionExhausted, Number(exhausted), { action, target });
  }
}

/** Makes the samples of webhooks. */
export function* webhookSamples(webhooks: Iterable<WebhookCounts>): Generator<Sample> {
  for (const { webhook, queued, results } of webhooks) {
    yield sample(catalogue.webhookQueue, queued, { webhook });
    for (const [result, count] of Object.entries(results))
      yield sample(catalogue.webhookDeliveries, count, { webhook, result });
  }
}

/** Makes the samples of channels. */
export function* channelSamples(channels: Iterable<ChannelView>): Generator<Sample> {
  for (const { name: channel, counts, queued, dead } of channels) {
    for (const result of ["delivered", "retried", "dead"] as const) {
      yield sample(catalogue.notifyDeliveries, counts[result], { channel, result });
    }
    yield sample(catalogue.notifyQueueLength, queued.length, { channel });
    yield sample(catalogue.notifyDeadLetters, dead.length, { channel });
  }
}

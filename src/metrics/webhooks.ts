import { catalogue } from "../catalogue.ts";
import { type Sample, sample } from "../core/metric.ts";
import type { WebhookCounts } from "../notify/webhooks.ts";

/** How webhooks do, as series. */
export function* webhookSamples(webhooks: Iterable<WebhookCounts>): Generator<Sample> {
  for (const { webhook, queued, results } of webhooks) {
    yield sample(catalogue.webhookQueue, queued, { webhook });
    for (const [result, count] of Object.entries(results))
      yield sample(catalogue.webhookDeliveries, count, { webhook, result });
  }
}

import type { ActionSetup } from "../core/action.ts";
import type { MaintenanceWindow } from "../core/maintenance.ts";
import type { Target } from "../core/target.ts";
import type { Relay } from "../core/webhook.ts";
import { buildActions } from "./actions.ts";
import { buildMaintenance } from "./maintenance.ts";
import type { BuildContext } from "./modules.ts";
import { childOf } from "./problems.ts";
import { buildRelays } from "./relays.ts";

/** What is done about alerts, and when nothing is. */
export interface NotifySetup {
  readonly relays: readonly Relay[];
  readonly actions: ActionSetup;
  readonly maintenance: readonly MaintenanceWindow[];
}

const PER_HOUR = 12;

/** Builds relays, actions and windows of maintenance, and reports what is wrong with them. */
export function buildNotify(raw: unknown, targets: readonly Target[], context: BuildContext): NotifySetup {
  const perHour = childOf(childOf(raw, "limits"), "actions_per_hour");
  const names = { targets: targets.map(({ name }) => name) };
  return {
    relays: buildRelays(childOf(raw, "relays"), context),
    actions: {
      actions: buildActions(childOf(raw, "actions"), context),
      perHour: typeof perHour === "number" ? perHour : PER_HOUR,
    },
    maintenance: buildMaintenance(childOf(raw, "maintenance"), names, context),
  };
}

import type { JsonTime } from "../../model/words.ts";

/** What an operator can end, send again or reset, beside single subjects. `GET /api/v1/operations`. */
export interface OperationsPage {
  readonly generated_at: JsonTime;
  readonly windows: readonly MaintenanceWindow[];
  readonly relays: readonly RelayState[];
  readonly actions: readonly ActionState[];
  /** The newest first. */
  readonly audit: readonly ActionAttempt[];
}

/** A maintenance window of the configuration, or one that an operator began. */
export interface MaintenanceWindow {
  /** `null` for one of the configuration, which an operator cannot end. */
  readonly id: string | null;
  readonly name: string;
  readonly open: boolean;
  readonly until: JsonTime | null;
  /** What it covers: `target gpt`, `group web`. */
  readonly covers: readonly string[];
}

/** A relay with what waits in it. */
export interface RelayState {
  readonly name: string;
  readonly queued: number;
  readonly dead_letters: number;
}

/** An action with its targets. */
export interface ActionState {
  readonly name: string;
  readonly dry_run: boolean;
  readonly max_attempts: number;
  readonly targets: readonly {
    readonly target: string;
    readonly attempts: number;
    readonly firing: boolean;
    readonly cooldown_until: JsonTime | null;
    readonly exhausted: boolean;
  }[];
}

/** An attempt of an action. */
export interface ActionAttempt {
  readonly number: number;
  readonly action: string;
  readonly target: string;
  readonly at: JsonTime;
  readonly result: string;
  readonly detail: string;
}

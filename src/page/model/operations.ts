import type { JsonTime } from "./words.ts";

/** `GET /api/v1/operations`: what an operator can end, send again or reset beside single subjects, and what operators have done. */
export interface OperationsPage {
  readonly generated_at: JsonTime;
  readonly windows: readonly MaintenanceFacts[];
  readonly relays: readonly RelayFacts[];
  readonly actions: readonly ActionFacts[];
  /** Attempts of actions, the newest first. */
  readonly audit: readonly ActionAttempt[];
  /** Control requests, the newest first, also those that failed. */
  readonly control: readonly ControlRequest[];
}

/** A maintenance window of the configuration, or one that an operator began. */
export interface MaintenanceFacts {
  /** `null` for one of the configuration, which an operator cannot end. */
  readonly id: string | null;
  readonly name: string;
  readonly open: boolean;
  readonly until: JsonTime | null;
  /** What it covers: `target gpt`, `group web`. */
  readonly covers: readonly string[];
}

/** A relay with what waits in it. */
export interface RelayFacts {
  readonly name: string;
  readonly queued: number;
  readonly dead_letters: number;
}

/** An action with its targets. */
export interface ActionFacts {
  readonly name: string;
  readonly dry_run: boolean;
  readonly max_attempts: number;
  readonly targets: readonly ActionTarget[];
}

/** The state of an action for one target. */
export interface ActionTarget {
  readonly target: string;
  readonly attempts: number;
  readonly firing: boolean;
  readonly cooldown_until: JsonTime | null;
  readonly exhausted: boolean;
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

/** A request to a control route that had the right token. */
export interface ControlRequest {
  readonly at: JsonTime;
  readonly method: string;
  /** Without the route prefix, with its query. */
  readonly path: string;
  /** The status of the answer. */
  readonly status: number;
  /** Address of the client; `null` if its connection was gone. */
  readonly from: string | null;
}

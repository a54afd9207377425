import type { ItemFacts } from "../delivery/retry.ts";

/** An event ready to be sent. */
export interface PreparedEvent {
  readonly id: string;
  readonly body: string;
  readonly contentType: string;
  readonly about: ItemFacts;
}

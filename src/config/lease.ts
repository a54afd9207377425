import { accessSync, constants } from "node:fs";
import { formatDuration } from "../core/duration.ts";
import type { ClusterOptions } from "../core/lease.ts";
import { type Seconds, seconds } from "../core/units.ts";
import type { RawLease } from "./lease-schema.ts";
import { type BuildContext, durationOf } from "./modules.ts";
import { reasonOf } from "./secrets.ts";

/** The section `lease:`: which Lease the replicas hold among themselves, and for how long. */
export interface LeaseConfig extends ClusterOptions {
  readonly namespace?: string;
  readonly name: string;
  /** How this replica is called; chosen by the exporter without one. */
  readonly identity?: string;
  readonly duration: Seconds;
  readonly renewInterval: Seconds;
}

/** Reports what is wrong with the section `lease`; `undefined` when something is, or when there is none. */
export function buildLease(raw: unknown, { report, resolvePath }: BuildContext): LeaseConfig | undefined {
  const path = ["lease"];
  if (raw === undefined || report.isBroken(path)) return undefined;
  const { namespace, name, identity, kubeconfig, context, duration, renew_interval } = raw as RawLease;
  const lasting = durationOf(duration ?? "30s");
  const renewInterval = renew_interval === undefined ? seconds(lasting / 3) : durationOf(renew_interval);
  if (!Number.isInteger(lasting)) {
    report.problem({ path: [...path, "duration"], want: "whole seconds" });
  }
  if (renewInterval > lasting / 2) {
    const want = `at most ${formatDuration(seconds(lasting / 2))}, half of the duration`;
    report.problem({ path: [...path, "renew_interval"], want });
  }
  const file = kubeconfig === undefined ? undefined : resolvePath(kubeconfig);
  const unreadable = file === undefined ? undefined : whyUnreadable(file);
  if (unreadable !== undefined) {
    report.problem({ path: [...path, "kubeconfig"], got: unreadable, want: "a kubeconfig file" });
  }
  return {
    name: name ?? "heartbeat-exporter",
    duration: lasting,
    renewInterval,
    ...(namespace === undefined ? {} : { namespace }),
    ...(identity === undefined ? {} : { identity }),
    ...(file === undefined ? {} : { kubeconfig: file }),
    ...(context === undefined ? {} : { context }),
  };
}

function whyUnreadable(file: string): string | undefined {
  try {
    accessSync(file, constants.R_OK);
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

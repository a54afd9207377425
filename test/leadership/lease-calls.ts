import type { LeaseAnswer, LeaseApi, LeaseRecord, LeaseSpec } from "../../src/core/lease.ts";
import { settle } from "../helpers/stand-in-prober.ts";

/** A call that the test answers. */
export interface PendingCall {
  readonly kind: "read" | "create" | "update";
  /** The name of the Lease. */
  readonly name: string;
  readonly spec?: LeaseSpec;
  readonly signal: AbortSignal;
  readonly answer: (answer: LeaseAnswer) => Promise<void>;
}

let versions = 0;

/** Returns the answer of an API server that has stored `spec`. */
export function recordOf(spec: LeaseSpec): LeaseAnswer {
  versions += 1;
  const record: LeaseRecord = { ...spec, version: String(versions), object: {} };
  return { kind: "record", record };
}

/** Creates access to the Leases of a cluster whose calls the test answers. */
export function leaseCalls() {
  const calls: PendingCall[] = [];
  const state = { closed: 0 };
  const call = (
    kind: PendingCall["kind"],
    name: string,
    signal: AbortSignal,
    spec?: LeaseSpec,
  ): Promise<LeaseAnswer> =>
    new Promise((resolve) => {
      const answer = async (given: LeaseAnswer): Promise<void> => {
        resolve(given);
        await settle();
      };
      calls.push({ kind, name, signal, answer, ...(spec === undefined ? {} : { spec }) });
    });
  const api: LeaseApi = {
    read: ({ name }, signal) => call("read", name, signal),
    create: ({ name }, spec, signal) => call("create", name, signal, spec),
    update: ({ name }, _record, spec, signal) => call("update", name, signal, spec),
    close: () => {
      state.closed += 1;
    },
  };
  const last = (): PendingCall => {
    const newest = calls.at(-1);
    if (newest === undefined) throw new Error("no call");
    return newest;
  };
  /** Answers the last call, a write, with what it wrote. */
  const accept = async (): Promise<void> => {
    const { spec, answer } = last();
    if (spec === undefined) throw new Error("no write");
    await answer(recordOf(spec));
  };
  /** Answers the first two calls so that the replica leads: no Lease, and it is created. */
  const becomeLeader = async (): Promise<void> => {
    await last().answer({ kind: "absent", detail: "" });
    await accept();
  };
  return { api, calls, state, last, accept, becomeLeader };
}

import type { IncomingMessage } from "node:http";
import { defined } from "../../core/defined.ts";
import { isObject } from "../../core/json-object.ts";
import { readLease } from "../../core/lease.ts";
import type { Seconds } from "../../core/units.ts";
import {
  type ApiCaller,
  type ApiResponse,
  type CallFailure,
  failureOf,
  parse,
  refusalOf,
  textOf,
} from "./caller.ts";
import { reasonOfStatus } from "./failure.ts";
import { linesOf } from "./lines.ts";

/** The Leases of a namespace that a label selector matches; the empty selector matches all. */
export interface LeaseCollection {
  readonly namespace: string;
  readonly selector: string;
}

/** The part of a Lease that shows whether it is alive. */
export interface LeaseFacts {
  readonly name: string;
  /** Empty if it was released or never taken. */
  readonly holder: string;
  readonly renewTime?: string;
  readonly duration?: Seconds;
}

/** All Leases of a collection at one time. */
export interface LeaseList {
  readonly kind: "list";
  /** The version of the whole collection, from which a watch goes on. */
  readonly version: string;
  readonly leases: readonly LeaseFacts[];
  /** Number of further Leases, beyond the limit. */
  readonly omitted: number;
}

/** A change of a collection. `version` is where a later watch goes on. */
export type LeaseChange =
  | { readonly kind: "added" | "modified"; readonly lease: LeaseFacts; readonly version: string }
  | { readonly kind: "deleted"; readonly name: string; readonly version: string }
  | { readonly kind: "bookmark"; readonly version: string };

/**
 * The end of a watch. `closed`: by the server, after its time or because it restarts. `expired`: the version is too old, and
 * the collection has to be listed again.
 */
export type WatchEnd = CallFailure | { readonly kind: "closed" } | Expired;

interface Expired {
  readonly kind: "expired";
}

/** Leases per page of a list, as client-go asks for. */
const PAGE = 500;

/** Longest page accepted, in bytes. A Lease takes about a kilobyte with its managed fields. */
const LONGEST_PAGE = 16 * 1024 * 1024;

/** Longest event of a watch accepted, in bytes. */
const LONGEST_EVENT = 1024 * 1024;

/** Longest response that refuses a watch, in bytes. */
const LONGEST_REFUSAL = 64 * 1024;

/** Number of times that a list is begun again because the snapshot of its first page has expired. */
const MOST_RESTARTS = 2;

/**
 * Lists a collection page by page, as the API server has it now. Rejects only for bugs.
 * @param most number of Leases to return; the others are counted
 */
export async function listLeases(
  caller: ApiCaller,
  collection: LeaseCollection,
  most: number,
  signal: AbortSignal,
): Promise<LeaseList | CallFailure> {
  for (let restarts = 0; ; restarts += 1) {
    const list = await listPages(caller, collection, most, signal);
    if (list.kind !== "expired") return list;
    if (restarts === MOST_RESTARTS) return list.failure;
  }
}

interface ExpiredPage {
  readonly kind: "expired";
  readonly failure: CallFailure;
}

async function listPages(
  caller: ApiCaller,
  { namespace, selector }: LeaseCollection,
  most: number,
  signal: AbortSignal,
): Promise<LeaseList | CallFailure | ExpiredPage> {
  const leases: LeaseFacts[] = [];
  let omitted = 0;
  let next = "";
  for (;;) {
    const query = queryOf({ labelSelector: selector, limit: String(PAGE), continue: next });
    const response = await caller
      .exchange({ method: "GET", namespace, rest: query }, LONGEST_PAGE, signal)
      .catch((error: unknown) => failureOf(error, signal.aborted));
    if ("kind" in response) return response;
    if (response.status === 410) return { kind: "expired", failure: refusalOf(response) };
    if (response.status !== 200) return refusalOf(response);
    const page = pageOf(response);
    if (page.kind === "failed") return page;
    const room = most - leases.length;
    leases.push(...page.leases.slice(0, room));
    omitted += Math.max(0, page.leases.length - room);
    if (page.next === "") return { kind: "list", version: page.version, leases, omitted };
    next = page.next;
  }
}

interface Page {
  readonly kind: "page";
  readonly version: string;
  readonly leases: readonly LeaseFacts[];
  /** Token of the next page; empty on the last one. */
  readonly next: string;
}

const malformed = (detail: string): CallFailure => ({ kind: "failed", reason: "malformed", detail });

function pageOf({ object }: ApiResponse): Page | CallFailure {
  if (!isObject(object) || object["kind"] !== "LeaseList") return malformed("the answer is not a LeaseList");
  const { metadata, items } = object;
  const version = isObject(metadata) ? metadata["resourceVersion"] : undefined;
  const next = isObject(metadata) ? metadata["continue"] : undefined;
  if (typeof version !== "string") return malformed("the LeaseList has no resourceVersion");
  const leases: LeaseFacts[] = [];
  // An empty list has `items: null` from some servers.
  for (const item of Array.isArray(items) ? items : []) {
    // Items of a list do not repeat their kind.
    const lease = isObject(item) ? factsOf({ ...item, kind: "Lease" }) : undefined;
    if (lease === undefined) return malformed("an item of the LeaseList is not a Lease");
    leases.push(lease.facts);
  }
  return { kind: "page", version, leases, next: typeof next === "string" ? next : "" };
}

function factsOf(object: unknown): { readonly facts: LeaseFacts; readonly version: string } | undefined {
  const record = readLease(object);
  if (typeof record === "string") return undefined;
  const { metadata } = record.object;
  const name = isObject(metadata) ? metadata["name"] : undefined;
  if (typeof name !== "string" || name === "") return undefined;
  const { holder, renewTime, duration, version } = record;
  return { facts: { name, holder, ...defined({ renewTime, duration }) }, version };
}

/** The parts of a watch besides its collection. */
export interface WatchOptions {
  /** The version after which changes are reported. */
  readonly version: string;
  /** Time after which the server is asked to end the watch. */
  readonly lasting: Seconds;
  /** Called once the server has accepted the watch. */
  readonly onOpen: () => void;
  readonly onChange: (change: LeaseChange) => void;
}

/** Watches a collection until the server, an error or `signal` ends it. Rejects only for bugs. */
export async function watchLeases(
  caller: ApiCaller,
  { namespace, selector }: LeaseCollection,
  { version, lasting, onOpen, onChange }: WatchOptions,
  signal: AbortSignal,
): Promise<WatchEnd> {
  const rest = queryOf({
    watch: "true",
    allowWatchBookmarks: "true",
    labelSelector: selector,
    resourceVersion: version,
    timeoutSeconds: String(Math.ceil(lasting)),
  });
  let response: IncomingMessage;
  try {
    response = await caller.open({ method: "GET", namespace, rest }, signal);
    const status = response.statusCode ?? 0;
    if (status === 410) {
      response.resume();
      return { kind: "expired" };
    }
    if (status !== 200) return refusalOf({ status, object: parse(await textOf(response, LONGEST_REFUSAL)) });
  } catch (error) {
    return failureOf(error, signal.aborted);
  }
  onOpen();
  try {
    for await (const line of linesOf(response, LONGEST_EVENT)) {
      const event = eventOf(parse(line));
      if (event.kind === "expired" || event.kind === "failed") return event;
      onChange(event);
    }
  } catch (error) {
    // A connection that is cut is no failure: whether the API server works shows the next call.
    if (error instanceof RangeError) return malformed(error.message);
  } finally {
    response.destroy();
  }
  return { kind: "closed" };
}

const CHANGES: Readonly<Record<string, "added" | "modified" | "deleted">> = {
  ADDED: "added",
  MODIFIED: "modified",
  DELETED: "deleted",
};

function eventOf(event: unknown): LeaseChange | CallFailure | Expired {
  if (!isObject(event)) return malformed("an event of the watch is not JSON");
  const { type, object } = event;
  if (type === "ERROR") return errorOf(object);
  if (type === "BOOKMARK") {
    const metadata = isObject(object) ? object["metadata"] : undefined;
    const version = isObject(metadata) ? metadata["resourceVersion"] : undefined;
    return typeof version === "string"
      ? { kind: "bookmark", version }
      : malformed("a bookmark of the watch has no resourceVersion");
  }
  const kind = typeof type === "string" ? CHANGES[type] : undefined;
  const lease = factsOf(object);
  if (kind === undefined || lease === undefined)
    return malformed("an event of the watch is not about a Lease");
  const { facts, version } = lease;
  return kind === "deleted" ? { kind, name: facts.name, version } : { kind, lease: facts, version };
}

/** Returns the end of a watch that a Status reports. */
function errorOf(status: unknown): CallFailure | Expired {
  const { code, reason } = isObject(status) ? status : {};
  if (code === 410 || reason === "Expired" || reason === "Gone") return { kind: "expired" };
  const number = typeof code === "number" ? code : 500;
  return { ...refusalOf({ status: number, object: status }), reason: reasonOfStatus(number) };
}

function queryOf(parameters: Readonly<Record<string, string>>): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== "");
  return `?${new URLSearchParams(given).toString()}`;
}

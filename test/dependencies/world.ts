import type { Dependency, DependencyGraph } from "../../src/core/dependency.ts";
import type { PastEvent } from "../../src/core/history.ts";
import { createMemory } from "../../src/core/memory.ts";
import { seconds, type Timestamp } from "../../src/core/units.ts";
import { createNotices, type Notices } from "../../src/dependencies/notices.ts";
import { createWaitings, type Dependent, type Waitings } from "../../src/dependencies/waitings.ts";
import { manualClock } from "../helpers/clock.ts";

/** A target of the world. It works if its own state and that of what it needs allow it. */
interface Service {
  readonly name: string;
  needs: readonly string[];
  works: boolean;
  /** False while the exporter cannot probe it. */
  isProbed: boolean;
  status: "unknown" | "healthy" | "unhealthy";
  failures: number;
  successes: number;
  latest?: { readonly ok: boolean; readonly startedAt: Timestamp };
}

const FAILURE_THRESHOLD = 3;
const HEALTHY_THRESHOLD = 2;

/** Time between two probes of a service. */
export const INTERVAL = seconds(10);

/** A step in the history of the world. */
export type Step =
  | { readonly kind: "break" | "repair" | "lose" | "find"; readonly name: string }
  | { readonly kind: "reload"; readonly name: string; readonly needs: readonly string[] }
  | { readonly kind: "restart" }
  | { readonly kind: "wait"; readonly rounds: number };

/** An event that was told, and what was known at that moment. */
interface Told {
  readonly subject: string;
  readonly to: string;
  readonly at: Timestamp;
  readonly wasBlocked: boolean;
}

/**
 * A world of services that need each other, with an exporter that probes each of them every {@link INTERVAL}: the
 * dependencies and notices are the exporter's own, the rest is a model of its targets.
 */
export function createWorld(needs: Readonly<Record<string, readonly string[]>>) {
  const clock = manualClock();
  const memory = createMemory();
  const services = new Map<string, Service>(
    Object.entries(needs).map(([name, of]) => [
      name,
      { name, needs: of, works: true, isProbed: true, status: "unknown", failures: 0, successes: 0 },
    ]),
  );
  const listeners = new Set<(event: PastEvent) => void>();
  const told: Told[] = [];
  let id = 0;
  const find = (name: string): Service | undefined => services.get(name);

  const dependency = (name: string): Dependency => ({ kind: "target", name });
  const graph: DependencyGraph = {
    isDown({ name }) {
      const status = find(name)?.status ?? "unknown";
      return status === "unknown" ? undefined : status === "unhealthy";
    },
    dependsOn: ({ name }) => (find(name)?.needs ?? []).map(dependency),
  };
  const detectionTime = seconds((FAILURE_THRESHOLD + 1) * INTERVAL);
  let waitings: Waitings;
  let notices: Notices;
  const start = (): void => {
    const exporter = createWaitings({
      clock,
      store: memory.namespace("dependencies"),
      graph,
      *dependents() {
        for (const { name, needs: of } of services.values()) {
          if (of.length > 0) yield { kind: "target", name } satisfies Dependent;
        }
      },
      isFailing({ name }) {
        const { latest, status } = find(name) ?? {};
        return latest !== undefined && (!latest.ok || status !== "healthy");
      },
      suspects({ name }) {
        const { latest, status } = find(name) ?? {};
        if (status === "unknown") return [];
        return [
          {
            name,
            noticeTime: detectionTime,
            ...(latest?.ok === true ? { goodAt: latest.startedAt } : {}),
          },
        ];
      },
      settleTime: () => detectionTime,
    });
    waitings = exporter;
    const waits = (name: string): boolean => exporter.blocker({ kind: "target", name }) !== undefined;
    notices = createNotices({
      clock,
      store: memory.namespace("notices"),
      events: {
        subscribe(listener) {
          listeners.add(listener);
          return () => void listeners.delete(listener);
        },
      },
      waits: (_kind, name) => waits(name),
      verdict: (_kind, name) => (waits(name) ? "wait" : "tell"),
    });
    notices.subscribe(({ subject, to = "", at }) => {
      told.push({ subject, to, at, wasBlocked: blocked(subject) });
    });
  };
  const blocker = (name: string) => waitings.blocker({ kind: "target", name });
  const blocked = (name: string): boolean => blocker(name)?.isDown === true;
  const isUp = (name: string): boolean => {
    const service = find(name);
    return service !== undefined && service.works && service.needs.every(isUp);
  };
  const become = (service: Service, status: Service["status"]): void => {
    const from = service.status;
    if (from === status) return;
    service.status = status;
    id += 1;
    const event: PastEvent = {
      id,
      kind: "status",
      at: clock.now(),
      subject: service.name,
      from,
      to: status,
    };
    for (const listener of listeners) listener(event);
  };
  const probe = (service: Service): void => {
    if (!service.isProbed) return become(service, "unknown");
    const ok = isUp(service.name);
    service.latest = { ok, startedAt: clock.now() };
    service.failures = ok ? 0 : service.failures + 1;
    service.successes = ok ? service.successes + 1 : 0;
    if (service.failures >= FAILURE_THRESHOLD) become(service, "unhealthy");
    else if (ok && (service.status === "unknown" || service.successes >= HEALTHY_THRESHOLD)) {
      become(service, "healthy");
    }
  };
  /** Lets each service be probed once, spread over one interval in the given order. */
  const round = (order: readonly string[]): void => {
    for (const name of order) {
      const service = find(name);
      if (service !== undefined) probe(service);
      clock.advance(seconds(1));
    }
    clock.advance(seconds(Math.max(0, INTERVAL - order.length)));
  };
  start();

  return {
    services,
    told,
    blocker,
    round,
    do(step: Exclude<Step, { readonly kind: "wait" }>) {
      if (step.kind === "restart") {
        waitings.stop();
        notices.stop();
        start();
        return;
      }
      const service = find(step.name);
      if (service === undefined) return;
      if (step.kind === "reload") service.needs = step.needs;
      else if (step.kind === "break" || step.kind === "repair") service.works = step.kind === "repair";
      else service.isProbed = step.kind === "find";
    },
    /** Returns the state of a service that was told last. */
    lastTold: (name: string): string => told.findLast(({ subject }) => subject === name)?.to ?? "unknown",
    stop() {
      waitings.stop();
      notices.stop();
    },
  };
}

import type { ExpositionFormat } from "../core/exposition-format.ts";
import type { Result } from "../core/result.ts";
import type { Target } from "../core/target.ts";
import type { RecentProbes } from "../engine/recent-probes.ts";
import type { Components } from "../groups/components.ts";
import type { GroupHealth } from "../groups/health.ts";
import type { Register } from "../heartbeats/register.ts";
import { notifySamples } from "../metrics/alerts.ts";
import { dependencySamples } from "../metrics/dependencies.ts";
import { createExposition } from "../metrics/exposition.ts";
import { type LineWriter, writerOf } from "../metrics/format.ts";
import { groupAndComponentSamples } from "../metrics/groups.ts";
import { heartbeatParts, heartbeatRows } from "../metrics/heartbeats.ts";
import { resultText, targetParts } from "../metrics/page.ts";
import { inPieces } from "../metrics/pieces.ts";
import { processParts, type Self } from "../metrics/self.ts";
import { type TargetSnapshot, targetLabels } from "../metrics/targets.ts";
import type { MetricsText, ProbedHeartbeat, Section } from "../server/route-context.ts";
import type { Alerting } from "./alerting.ts";
import type { Dependencies } from "./dependencies.ts";
import { readTargets, type TargetParts } from "./read-targets.ts";

/** The parts of the exporter that metrics are read from. */
export interface MeasuredParts extends TargetParts {
  readonly recentProbes: Pick<RecentProbes, "list">;
  readonly health: GroupHealth;
  readonly components: Components;
  readonly alerting: Alerting;
  readonly self: Self;
  readonly dependencies: Pick<Dependencies, "blocker">;
  readonly pushes: Register;
  /** Returns the heartbeats in the newest result of a target. */
  readonly beatsOf: (target: Target) => readonly ProbedHeartbeat[];
}

/** A section of a page. It renders the same parts each time. */
type SectionParts = (writer: LineWriter) => Iterable<string>;

/** Reads the metrics of the parts. */
export const createMetricsText = (parts: MeasuredParts): MetricsText => ({
  result: resultText,
  async read(sections, scrapeTimeout) {
    const { targets, basis } = sections.has("targets")
      ? await readTargets(parts, scrapeTimeout)
      : { targets: [], basis: [] };
    return {
      basis,
      async page() {
        const rendered: SectionParts[] = [];
        if (sections.has("exporter")) rendered.push(await exporterSection(parts));
        if (sections.has("targets")) rendered.push(targetsSection(parts, targets));
        // After the targets, whose probes may have found newer heartbeats.
        if (sections.has("heartbeats")) rendered.push(await heartbeatsSection(parts));
        rendered.push(dependenciesSection(parts, sections));
        const partsIn = (format: ExpositionFormat) => partsOf(rendered, writerOf(format));
        return {
          pieces: (format) => inPieces(partsIn(format)),
          async isShorter(length, format) {
            for await (const start of inPieces(partsIn(format), length)) return start.length < length;
            return true;
          },
        };
      },
    };
  },
});

function* partsOf(sections: readonly SectionParts[], writer: LineWriter): Generator<string> {
  for (const section of sections) yield* section(writer);
  yield writer.end;
}

async function exporterSection({ alerting, self }: MeasuredParts): Promise<SectionParts> {
  const exposition = createExposition();
  exposition.add(notifySamples(alerting.relays.list(), alerting.actions.list()));
  exposition.add(self.samples());
  const families = await self.processFamilies();
  return function* parts(writer) {
    yield* exposition.parts(writer);
    yield* processParts(families, writer);
  };
}

function targetsSection(
  { clock, recentProbes, health, components }: MeasuredParts,
  targets: readonly TargetSnapshot[],
): SectionParts {
  const now = clock.now();
  const recent = recentResults(recentProbes);
  const groups = createExposition();
  groups.add(groupAndComponentSamples(health.groups(), components));
  return function* parts(writer) {
    yield* targetParts({ targets, now, recent }, writer);
    yield* groups.parts(writer);
  };
}

async function heartbeatsSection({
  clock,
  index,
  pushes,
  beatsOf,
  maintenance,
}: MeasuredParts): Promise<SectionParts> {
  const rows = await heartbeatRows({
    pushes: pushes.list(),
    probed: beatsOfAll(index.current().targets.values(), beatsOf),
    inMaintenance: (name) => maintenance.covers({ kind: "heartbeat", name }),
  });
  const now = clock.now();
  return (writer) => heartbeatParts(rows, now, writer);
}

/** Dependencies have one family of series for both targets and heartbeats. */
function dependenciesSection(
  { index, pushes, beatsOf, dependencies }: MeasuredParts,
  sections: ReadonlySet<Section>,
): SectionParts {
  const exposition = createExposition();
  for (const target of index.current().targets.values()) {
    if (target.dependsOn === undefined) continue;
    const blocker = dependencies.blocker("target", target.name);
    const labels = targetLabels(target);
    if (sections.has("targets")) exposition.add(dependencySamples(labels, blocker));
    if (!sections.has("heartbeats")) continue;
    for (const { beat } of beatsOf(target)) {
      const { heartbeat, source } = beat;
      exposition.add(dependencySamples({ ...labels, heartbeat, source }, blocker));
    }
  }
  for (const { heartbeat, beat } of sections.has("heartbeats") ? pushes.list() : []) {
    if (heartbeat.dependsOn === undefined) continue;
    const blocker = dependencies.blocker("heartbeat", heartbeat.name);
    exposition.add(dependencySamples({ heartbeat: heartbeat.name, source: beat.source }, blocker));
  }
  return (writer) => exposition.parts(writer);
}

function* beatsOfAll(
  targets: Iterable<Target>,
  beatsOf: MeasuredParts["beatsOf"],
): Generator<ProbedHeartbeat | undefined> {
  for (const target of targets) {
    yield* beatsOf(target);
    // Most targets have none, and the caller divides its work between two values.
    yield undefined;
  }
}

/** Returns a function that finds the results of a target whose logs are kept, newest first. */
function recentResults(probes: MeasuredParts["recentProbes"]): (target: Target) => readonly Result[] {
  const byTarget = new Map<string, Result[]>();
  const keyOf = (target: string, module: string): string => JSON.stringify([target, module]);
  for (const { target, module, result } of probes.list()) {
    const key = keyOf(target, module.name);
    byTarget.set(key, [...(byTarget.get(key) ?? []), result]);
  }
  return ({ name, module }) => byTarget.get(keyOf(name, module.name)) ?? [];
}

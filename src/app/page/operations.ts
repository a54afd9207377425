import type { ManualWindow } from "../../maintenance/manual.ts";
import type { Operation } from "../../page/model/subject.ts";
import type { SubjectRef } from "../../page/state.ts";
import type { PageParts } from "./parts.ts";

const query = (name: string, value: string): string => new URLSearchParams({ [name]: value }).toString();

const probeNow = (name: string, costly: boolean): Operation => ({
  name: "probe",
  method: "POST",
  path: `/api/v1/targets/${encodeURIComponent(name)}/probe`,
  effect: `Probes ${name} now${costly ? ", which sends a prompt that counts against its budgets" : ""}.`,
  parameters: [],
});

function modeOperations(name: string): readonly Operation[] {
  const force = (mode: "primary" | "fallback"): Operation => ({
    name: `force-${mode}`,
    method: "POST",
    path: `/config/force/${mode}?${query("target", name)}`,
    effect: `Tells applications to work in ${mode} mode, for the time given or until the mode is released.`,
    parameters: ["for"],
  });
  return [
    force("fallback"),
    force("primary"),
    {
      name: "release",
      method: "POST",
      path: `/config/force/auto?${query("target", name)}`,
      effect: "Lets the results of probes decide the mode again.",
      parameters: [],
    },
  ];
}

const beginMaintenance = ({ kind, name }: SubjectRef): Operation => ({
  name: "begin-maintenance",
  method: "POST",
  path: `/api/v1/maintenance?${query(kind, name)}`,
  effect: `Begins a maintenance window of ${name}, in which failures are expected and change no status.`,
  parameters: ["for"],
});

const endMaintenance = ({ id }: ManualWindow): Operation => ({
  name: "end-maintenance",
  method: "DELETE",
  path: `/api/v1/maintenance/${encodeURIComponent(id)}`,
  effect: "Ends this maintenance window, so that failures count again.",
  parameters: [],
});

const resetAction = (action: string, name: string): Operation => ({
  name: "reset-action",
  method: "POST",
  path: `/api/v1/actions/${encodeURIComponent(action)}/reset?${query("target", name)}`,
  effect: `Lets the action ${action} try again: resets its count of attempts for ${name}.`,
  parameters: [],
});

function coversByName({ targets, heartbeats, groups }: ManualWindow, { kind, name }: SubjectRef): boolean {
  switch (kind) {
    case "target":
      return targets.includes(name);
    case "heartbeat":
      return heartbeats.includes(name);
    case "group":
      return groups.includes(name);
    case "component":
      return false;
  }
}

/** Returns the requests that control a subject; none without a control token. */
export function operationsFor(parts: PageParts, subject: SubjectRef): readonly Operation[] {
  const { index, maintenance, alerting } = parts;
  const { controlToken, contextApi, targets } = index.current();
  if (controlToken === undefined) return [];
  const { kind, name } = subject;
  const target = kind === "target" ? targets.get(name) : undefined;
  const resettable = alerting.actions
    .list()
    .filter((action) => kind !== "group" && action.targets.some((one) => one.target === name));
  return [
    ...(target === undefined ? [] : [probeNow(name, target.module.prober.costly)]),
    ...(target?.failover === undefined || !contextApi.enabled ? [] : modeOperations(name)),
    ...(kind === "component" ? [] : [beginMaintenance(subject)]),
    ...maintenance
      .list()
      .manual.filter((window) => coversByName(window, subject))
      .map(endMaintenance),
    ...resettable.map((action) => resetAction(action.name, name)),
  ];
}

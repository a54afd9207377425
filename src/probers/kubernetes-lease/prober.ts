import { defined } from "../../core/defined.ts";
import type { ClusterOptions } from "../../core/lease.ts";
import type {
  CompileContext,
  Objection,
  ProbeContext,
  ProbeResult,
  Prober,
  ProbeTarget,
} from "../../core/prober.ts";
import { parseDuration, type Seconds } from "../../core/units.ts";
import { accessNow } from "../../files/now.ts";
import { openLeases } from "./api.ts";
import { leaseMetrics } from "./metrics.ts";
import { disposeSet, probeSet, type SetModule } from "./probe-set.ts";
import { ADDRESS, probeSingle, type SingleModule } from "./probe-single.ts";
import { type LeaseReason, leaseReasons } from "./reasons.ts";
import { type LeaseOptions, leaseSchema } from "./schema.ts";
import { parseSelector } from "./selector.ts";

type LeaseModule = SingleModule | SetModule;

/**
 * Checks that a Kubernetes Lease is still renewed by its holder, or all Leases of a namespace that a label selector matches.
 * @example
 * const module = kubernetesLeaseProber.compile({ expected_holder: "syncer-1" }, compileContext);
 * const { outcome } = await kubernetesLeaseProber.probe({ address: "kcp/syncer", configured: true }, module, context);
 */
export const kubernetesLeaseProber = {
  kind: "kubernetes_lease",
  metrics: Object.values(leaseMetrics),
  reasons: leaseReasons,
  schema: leaseSchema,
  costly: false,
  hangsAsOne: true,
  observesOverTime: true,
  compile,
  objection,
  probe,
  dispose: (module) => (module.kind === "single" ? module.api.close() : disposeSet(module)),
} satisfies Prober<LeaseOptions, LeaseModule, LeaseReason>;

function compile(options: LeaseOptions, context: CompileContext): LeaseModule {
  const { kubeconfig, context: name, timeout, expected_holder: expectedHolder, selector } = options;
  const file = kubeconfig === undefined ? undefined : context.resolvePath(kubeconfig);
  if (file !== undefined && !isReadable(file)) {
    context.problem(["kubeconfig"], "an unreadable file", "a kubeconfig file");
  }
  const length = timeout === undefined ? undefined : parseDuration(timeout);
  const cluster = defined({ kubeconfig: file, context: name });
  if (selector !== undefined) return compileSet(selector, options, cluster, length, context);
  for (const key of ["min_leases", "max_leases"] as const) {
    if (options[key] !== undefined)
      context.problem([key], String(options[key]), 'selector beside it, such as "" for all leases');
  }
  return { kind: "single", api: openLeases(cluster), ...defined({ timeout: length, expectedHolder }) };
}

/** Defaults of `min_leases` and `max_leases`. */
const FEWEST = 1;
const MOST = 1000;

function compileSet(
  written: string,
  options: LeaseOptions,
  cluster: ClusterOptions,
  timeout: Seconds | undefined,
  context: CompileContext,
): SetModule {
  const selector = parseSelector(written);
  if (!selector.ok) context.problem(["selector"], JSON.stringify(written), selector.want);
  if (options.expected_holder !== undefined) {
    context.problem(
      ["expected_holder"],
      "a holder beside selector",
      "only one of them: each lease has its own holder",
    );
  }
  const { min_leases: least = FEWEST, max_leases: most = MOST } = options;
  if (least > most) context.problem(["min_leases"], String(least), `at most max_leases, which is ${most}`);
  return {
    kind: "set",
    cluster,
    selector: selector.ok ? selector.selector : "",
    least,
    most,
    timeout,
    watches: new Map(),
    disposed: new AbortController(),
  };
}

function isReadable(file: string): boolean {
  try {
    accessNow(file);
    return true;
  } catch {
    return false;
  }
}

/** A label (RFC 1123), the form of a namespace. */
const NAMESPACE = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

function objection({ address }: ProbeTarget, { kind }: LeaseModule): Objection | undefined {
  if (kind === "set") {
    return NAMESPACE.test(address)
      ? undefined
      : {
          part: "target",
          want: "a namespace, whose leases the selector of the module matches, such as kube-node-lease",
        };
  }
  if (ADDRESS.test(address)) return undefined;
  const want = "the namespace/name of a Lease, such as kube-system/syncer-heartbeat";
  return {
    part: "target",
    want: NAMESPACE.test(address) ? `${want}; or selector in the module, for leases of a namespace` : want,
  };
}

function probe(
  target: ProbeTarget,
  module: LeaseModule,
  context: ProbeContext,
): Promise<ProbeResult<LeaseReason>> {
  return module.kind === "set" ? probeSet(target, module, context) : probeSingle(target, module, context);
}

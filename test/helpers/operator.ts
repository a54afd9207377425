/*
 * The scrape configurations that the Prometheus operator (0.85) makes of a Probe, in its own form: `generateProbeConfig` of
 * pkg/prometheus/promcfg.go. Service discovery of ingresses is left to the test, which has no cluster.
 */

/** A Probe, as far as scrape configurations depend on it. */
export interface ProbeManifest {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly jobName?: string;
    readonly prober: { readonly url: string; readonly path: string; readonly scheme?: string };
    readonly module?: string;
    readonly interval?: string;
    readonly scrapeTimeout?: string;
    readonly targets: {
      readonly staticConfig?: {
        readonly static: readonly string[];
        readonly labels?: Readonly<Record<string, string>>;
        readonly relabelingConfigs?: readonly RelabelConfig[];
      };
      readonly ingress?: {
        readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
        readonly namespaceSelector?: { readonly any?: boolean; readonly matchNames?: readonly string[] };
      };
    };
  };
}

/** A relabelling of a Probe. */
interface RelabelConfig {
  readonly sourceLabels?: readonly string[];
  readonly targetLabel?: string;
  readonly regex?: string;
  readonly replacement?: string;
  readonly action?: string;
}

/** The labels by which the service discovery of Prometheus describes a path of an Ingress. */
export interface IngressTarget {
  readonly address: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Returns the scrape configuration of a Probe, as an object for YAML. */
export function scrapeConfigOf(
  { metadata, spec }: ProbeManifest,
  namespace: string,
  ingresses: readonly IngressTarget[] = [],
): object {
  const { prober, module, interval, scrapeTimeout, jobName, targets } = spec;
  const { staticConfig, ingress } = targets;
  return {
    job_name: `probe/${namespace}/${metadata.name}`,
    honor_timestamps: true,
    metrics_path: prober.path,
    ...(interval === undefined ? {} : { scrape_interval: interval }),
    ...(scrapeTimeout === undefined ? {} : { scrape_timeout: scrapeTimeout }),
    ...(prober.scheme === undefined ? {} : { scheme: prober.scheme }),
    ...(module === undefined ? {} : { params: { module: [module] } }),
    static_configs:
      staticConfig === undefined
        ? ingresses.map(({ address, labels }) => ({ targets: [address], labels }))
        : [{ targets: staticConfig.static, labels: { namespace, ...staticConfig.labels } }],
    relabel_configs: [
      { source_labels: ["job"], target_label: "__tmp_prometheus_job_name" },
      ...(jobName === undefined ? [] : [{ target_label: "job", replacement: jobName }]),
      ...(staticConfig === undefined
        ? ingressRelabelling(ingress?.selector.matchLabels ?? {}, prober.url)
        : staticRelabelling(prober.url, staticConfig.relabelingConfigs ?? [])),
      ...SHARDING,
    ],
  };
}

const staticRelabelling = (url: string, own: readonly RelabelConfig[]): readonly object[] => [
  { source_labels: ["__address__"], target_label: "__param_target" },
  { source_labels: ["__param_target"], target_label: "instance" },
  { target_label: "__address__", replacement: url },
  ...own.map(({ sourceLabels, targetLabel, ...others }) => ({
    ...(sourceLabels === undefined ? {} : { source_labels: sourceLabels }),
    ...(targetLabel === undefined ? {} : { target_label: targetLabel }),
    ...others,
  })),
];

const ingressRelabelling = (labels: Readonly<Record<string, string>>, url: string): readonly object[] => [
  ...Object.entries(labels).map(([name, value]) => {
    const sanitized = name.replaceAll(/[^a-zA-Z0-9_]/g, "_");
    return {
      action: "keep",
      source_labels: ["label", "labelpresent"].map(
        (kind) => `__meta_kubernetes_ingress_${kind}_${sanitized}`,
      ),
      regex: `(${value});true`,
    };
  }),
  {
    source_labels: ["__meta_kubernetes_ingress_scheme", "__address__", "__meta_kubernetes_ingress_path"],
    separator: ";",
    regex: "(.+);(.+);(.+)",
    target_label: "__param_target",
    replacement: "${1}://${2}${3}",
    action: "replace",
  },
  { source_labels: ["__meta_kubernetes_namespace"], target_label: "namespace" },
  { source_labels: ["__meta_kubernetes_ingress_name"], target_label: "ingress" },
  {
    source_labels: ["__address__"],
    separator: ";",
    regex: "(.*)",
    target_label: "__tmp_ingress_address",
    replacement: "$1",
    action: "replace",
  },
  { source_labels: ["__param_target"], target_label: "instance" },
  { target_label: "__address__", replacement: url },
];

/** One shard, with the number that the operator fills in when it starts Prometheus. */
const SHARDING: readonly object[] = [
  {
    source_labels: ["__param_target", "__tmp_hash"],
    target_label: "__tmp_hash",
    regex: "(.+);",
    replacement: "$1",
    action: "replace",
  },
  { source_labels: ["__tmp_hash"], target_label: "__tmp_hash", modulus: 1, action: "hashmod" },
  { source_labels: ["__tmp_hash", "__tmp_disable_sharding"], regex: "0;|.+;.+", action: "keep" },
];

{{- define "heartbeat-exporter.image" -}}
{{- if .Values.image.digest }}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest }}
{{- else }}
{{- printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) }}
{{- end }}
{{- end }}

{{- define "heartbeat-exporter.args" -}}
{{- if include "heartbeat-exporter.hasFile" . }}
- --config.file=/etc/heartbeat-exporter/exporter.yml
- --config.enable-auto-reload
{{- end }}
- --log.format={{ .Values.log.format }}
{{- if ne .Values.log.level "info" }}
- --log.level={{ .Values.log.level }}
{{- end }}
{{- with include "heartbeat-exporter.externalUrl" . }}
- --web.external-url={{ . }}
{{- end }}
{{- with .Values.web.routePrefix }}
- --web.route-prefix={{ . }}
{{- end }}
{{- if not .Values.web.enableProbeAny }}
- --web.enable-probe-any=false
{{- end }}
{{- if .Values.web.existingSecret }}
- --web.config.file=/etc/heartbeat-exporter-web/{{ .Values.web.key }}
{{- end }}
{{- with .Values.extraArgs }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "heartbeat-exporter.env" -}}
- name: HEARTBEAT_STORAGE_PATH
  value: /data/store.db
{{- if or .Values.leaderElection.enabled .Values.sharding.enabled }}
- name: POD_NAME
  valueFrom: { fieldRef: { fieldPath: metadata.name } }
{{- end }}
{{- if .Values.sharding.enabled }}
- name: HEARTBEAT_SHARD
  value: $(POD_NAME)
- name: HEARTBEAT_TOTAL_SHARDS
  value: {{ max 1 .Values.replicas | quote }}
- name: HEARTBEAT_SHARD_URL
  value: {{ include "heartbeat-exporter.podUrl" (list . (printf "%s-{shard}" (include "heartbeat-exporter.fullname" .))) }}
{{- end }}
{{- if and .Values.control.existingSecret (not (include "heartbeat-exporter.hasFile" .)) }}
- name: HEARTBEAT_CONTROL_TOKEN_FILE
  value: /run/secrets/heartbeat-exporter-control/token
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "heartbeat-exporter.volumeMounts" -}}
- { name: data, mountPath: /data }
- { name: tmp, mountPath: /tmp }
{{- if include "heartbeat-exporter.hasFile" . }}
- { name: config, mountPath: /etc/heartbeat-exporter, readOnly: true }
{{- end }}
{{- if .Values.apiKeys.existingSecret }}
- { name: secrets, mountPath: /run/secrets/heartbeat-exporter, readOnly: true }
{{- end }}
{{- if .Values.control.existingSecret }}
- { name: control, mountPath: /run/secrets/heartbeat-exporter-control, readOnly: true }
{{- end }}
{{- if .Values.web.existingSecret }}
- { name: web, mountPath: /etc/heartbeat-exporter-web, readOnly: true }
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "heartbeat-exporter.volumes" -}}
{{- if not .Values.persistence.enabled }}
- name: data
  emptyDir: {}
{{- else if .Values.persistence.existingClaim }}
- name: data
  persistentVolumeClaim: { claimName: {{ .Values.persistence.existingClaim }} }
{{- end }}
# Large sorts of the store.
- name: tmp
  emptyDir: {}
{{- if include "heartbeat-exporter.hasFile" . }}
- name: config
  configMap: { name: {{ include "heartbeat-exporter.configMapName" . }} }
{{- end }}
{{- if .Values.apiKeys.existingSecret }}
- name: secrets
  secret: { secretName: {{ .Values.apiKeys.existingSecret }}, defaultMode: 0440 }
{{- end }}
{{- if .Values.control.existingSecret }}
- name: control
  secret:
    secretName: {{ .Values.control.existingSecret }}
    defaultMode: 0440
    items: [{ key: {{ .Values.control.key | quote }}, path: token }]
{{- end }}
{{- if .Values.web.existingSecret }}
- name: web
  secret: { secretName: {{ .Values.web.existingSecret }}, defaultMode: 0440 }
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Security context of the pod, with the sysctl of the icmp prober. */}}
{{- define "heartbeat-exporter.podSecurityContext" -}}
{{- $context := deepCopy .Values.podSecurityContext }}
{{- if .Values.icmp.enabled }}
{{- $sysctl := dict "name" "net.ipv4.ping_group_range" "value" .Values.icmp.pingGroupRange }}
{{- $_ := set $context "sysctls" (append ($context.sysctls | default list) $sysctl) }}
{{- end }}
{{- toYaml $context }}
{{- end }}

{{- define "heartbeat-exporter.lifecycle" -}}
{{- if .Values.lifecycle }}
{{- toYaml .Values.lifecycle }}
{{- else if gt (int .Values.replicas) 1 }}
preStop: { exec: { command: [sleep, "5"] } }
{{- end }}
{{- end }}

{{- define "heartbeat-exporter.topologySpreadConstraints" -}}
{{- $selector := dict "matchLabels" (include "heartbeat-exporter.selectorLabels" . | fromYaml) }}
{{- $constraints := .Values.topologySpreadConstraints }}
{{- if and (not $constraints) (gt (int .Values.replicas) 1) }}
{{- $soft := dict "maxSkew" 1 "whenUnsatisfiable" "ScheduleAnyway" }}
{{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
{{- $constraints = append $constraints (merge (dict "topologyKey" .) $soft) }}
{{- end }}
{{- end }}
{{- range $constraints }}
- {{ merge (deepCopy .) (dict "labelSelector" $selector) | toYaml | nindent 2 | trim }}
{{- end }}
{{- end }}

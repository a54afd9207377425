{{/* True if the chart makes the ConfigMap. */}}
{{- define "heartbeat-exporter.makesConfigMap" -}}
{{- if and .Values.config (not .Values.existingConfigMap) }}true{{ end }}
{{- end }}

{{/* True if there is a configuration file; otherwise environment variables are the configuration. */}}
{{- define "heartbeat-exporter.hasFile" -}}
{{- if or .Values.config .Values.existingConfigMap }}true{{ end }}
{{- end }}

{{/* The Lease of the replicas: options of config.lease, then defaults. YAML. */}}
{{- define "heartbeat-exporter.lease" -}}
{{- $own := (.Values.config | default dict).lease | default dict }}
{{- if .Values.existingConfigMap }}
{{- $own = dict }}
{{- end }}
{{- $name := .Values.leaderElection.leaseName | default (include "heartbeat-exporter.fullname" .) }}
{{- $url := include "heartbeat-exporter.podUrl" (list . "${POD_NAME}") }}
{{- merge (deepCopy $own) (dict "name" $name "namespace" .Release.Namespace "advertise_url" $url) | toYaml }}
{{- end }}

{{/* The configuration with what other values add to it. */}}
{{- define "heartbeat-exporter.config" -}}
{{- $config := deepCopy .Values.config }}
{{- if .Values.leaderElection.enabled }}
{{- $_ := set $config "lease" (include "heartbeat-exporter.lease" . | fromYaml) }}
{{- end }}
{{- if .Values.control.existingSecret }}
{{- $token := dict "token_file" "/run/secrets/heartbeat-exporter-control/token" }}
{{- $_ := set $config "control" (merge (deepCopy ($config.control | default dict)) $token) }}
{{- end }}
{{- toYaml $config }}
{{- end }}

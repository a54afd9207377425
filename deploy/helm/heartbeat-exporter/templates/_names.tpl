{{/* Name of the application in labels. */}}
{{- define "heartbeat-exporter.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 52 | trimSuffix "-" }}
{{- end }}

{{/*
Name of all resources. At most 52 characters, because Kubernetes appends a hash to the name of a StatefulSet for a label, which
may have 63.
*/}}
{{- define "heartbeat-exporter.fullname" -}}
{{- $name := include "heartbeat-exporter.name" . }}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" }}
{{- else if contains $name .Release.Name }}
{{- .Release.Name | trunc 52 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 52 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{/* Name of the headless Service, which gives each pod a name of its own. */}}
{{- define "heartbeat-exporter.podsService" -}}
{{- printf "%s-pods" (include "heartbeat-exporter.fullname" .) }}
{{- end }}

{{- define "heartbeat-exporter.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- .Values.serviceAccount.name | default (include "heartbeat-exporter.fullname" .) }}
{{- else }}
{{- .Values.serviceAccount.name | default "default" }}
{{- end }}
{{- end }}

{{- define "heartbeat-exporter.configMapName" -}}
{{- .Values.existingConfigMap | default (include "heartbeat-exporter.fullname" .) }}
{{- end }}

{{/* Labels by which pods are selected. They never change. */}}
{{- define "heartbeat-exporter.selectorLabels" -}}
app.kubernetes.io/name: {{ include "heartbeat-exporter.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* Labels of a resource. Takes the context and maps of more labels, which cannot change those of the chart. */}}
{{- define "heartbeat-exporter.labels" -}}
{{- $root := first . }}
{{- $labels := include "heartbeat-exporter.selectorLabels" $root | fromYaml }}
{{- $_ := set $labels "app.kubernetes.io/version" $root.Chart.AppVersion }}
{{- $_ := set $labels "app.kubernetes.io/managed-by" $root.Release.Service }}
{{- $_ := set $labels "helm.sh/chart" (printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-") }}
{{- range rest . }}
{{- $labels = merge $labels (deepCopy .) }}
{{- end }}
{{- merge $labels (deepCopy $root.Values.commonLabels) | toYaml }}
{{- end }}

{{/* Labels of the pods: none that a new version of the chart alone would change, and restart them. */}}
{{- define "heartbeat-exporter.podLabels" -}}
{{- $labels := include "heartbeat-exporter.selectorLabels" . | fromYaml }}
{{- merge $labels (deepCopy .Values.podLabels) (deepCopy .Values.commonLabels) | toYaml }}
{{- end }}

{{/* Namespace and labels of the resources of the Prometheus operator. */}}
{{- define "heartbeat-exporter.monitoringMeta" -}}
namespace: {{ .Values.monitoring.namespace | default .Release.Namespace }}
labels:
  {{- include "heartbeat-exporter.labels" (list . .Values.monitoring.labels) | nindent 2 }}
{{- end }}

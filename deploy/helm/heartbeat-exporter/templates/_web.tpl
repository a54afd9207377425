{{- define "heartbeat-exporter.scheme" -}}
{{- ternary "https" "http" .Values.web.https }}
{{- end }}

{{/* Prefix of all routes, without a slash at its end, as the exporter derives it. */}}
{{- define "heartbeat-exporter.routePrefix" -}}
{{- $ofUrl := (urlParse .Values.web.externalUrl).path }}
{{- .Values.web.routePrefix | default $ofUrl | trimSuffix "/" }}
{{- end }}

{{/* URL under which people reach the exporter: that of the first host of the Ingress, unless it is configured. */}}
{{- define "heartbeat-exporter.externalUrl" -}}
{{- $host := "" }}
{{- if and .Values.ingress.enabled .Values.ingress.hosts }}
{{- $host = (first .Values.ingress.hosts).host }}
{{- end }}
{{- if .Values.web.externalUrl }}
{{- .Values.web.externalUrl }}
{{- else if and $host (not (contains "*" $host)) }}
{{- printf "%s://%s%s/" (ternary "http" "https" (empty .Values.ingress.tls)) $host (include "heartbeat-exporter.routePrefix" .) }}
{{- end }}
{{- end }}

{{/* Host and port of the Service. */}}
{{- define "heartbeat-exporter.serviceAddress" -}}
{{- printf "%s.%s.svc:%v" (include "heartbeat-exporter.fullname" .) .Release.Namespace .Values.service.port }}
{{- end }}

{{/* URL of one pod. Takes the context and the pod's name. */}}
{{- define "heartbeat-exporter.podUrl" -}}
{{- $root := index . 0 }}
{{- $host := printf "%s.%s.%s.svc" (index . 1) (include "heartbeat-exporter.podsService" $root) $root.Release.Namespace }}
{{- printf "%s://%s:8091%s" (include "heartbeat-exporter.scheme" $root) $host (include "heartbeat-exporter.routePrefix" $root) }}
{{- end }}

{{/* A probe of the kubelet. Takes the context, the values of the probe, and the path without prefix. */}}
{{- define "heartbeat-exporter.probe" -}}
{{- $root := index . 0 }}
{{- $probe := deepCopy (index . 1) }}
{{- if not (or $probe.httpGet $probe.tcpSocket $probe.exec $probe.grpc) }}
{{- if $root.Values.web.requiresCredentials }}
{{- $_ := set $probe "tcpSocket" (dict "port" "http") }}
{{- else }}
{{- $path := printf "%s%s" (include "heartbeat-exporter.routePrefix" $root) (index . 2) }}
{{- $get := dict "path" $path "port" "http" }}
{{- if $root.Values.web.https }}
{{- $_ := set $get "scheme" "HTTPS" }}
{{- end }}
{{- $_ := set $probe "httpGet" $get }}
{{- end }}
{{- end }}
{{- toYaml $probe }}
{{- end }}

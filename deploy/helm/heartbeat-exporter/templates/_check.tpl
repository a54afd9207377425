{{/* Refuses values that contradict each other, which a schema cannot express. */}}
{{- define "heartbeat-exporter.check" -}}
{{- $many := gt (int .Values.replicas) 1 }}
{{- $election := .Values.leaderElection.enabled }}
{{- if and $many (not (or $election .Values.sharding.enabled)) }}
{{- fail (printf "replicas: got %d, want 1, or leaderElection.enabled or sharding.enabled: otherwise each replica sends, and pays for, every prompt" (int .Values.replicas)) }}
{{- end }}
{{- if and $election .Values.sharding.enabled }}
{{- fail "sharding.enabled: got true as well as leaderElection.enabled, want only one of them; install a release per shard to have both" }}
{{- end }}
{{- if and $election (not (include "heartbeat-exporter.hasFile" .)) }}
{{- fail "leaderElection.enabled: got no configuration, want config or existingConfigMap: environment variables cannot describe a lease" }}
{{- end }}
{{- if and (include "heartbeat-exporter.makesConfigMap" .) (hasKey .Values.config "lease") (not $election) }}
{{- fail "config.lease: want leaderElection.enabled as well, which grants the permissions" }}
{{- end }}
{{- if and $election .Values.monitoring.scrapeConfig.enabled }}
{{- fail "monitoring.scrapeConfig.enabled: got true as well as leaderElection.enabled, want monitoring.serviceMonitor: /probe goes to any replica, and only the leader has results of what it prompts" }}
{{- end }}
{{- if and .Values.persistence.existingClaim $many }}
{{- fail (printf "persistence.existingClaim: got one claim for %d replicas, want none: each replica needs a volume of its own" (int .Values.replicas)) }}
{{- end }}
{{- if and (or .Values.web.https .Values.web.requiresCredentials) (not .Values.web.existingSecret) }}
{{- fail "web.existingSecret: got nothing, want the Secret with the file that turns on web.https or web.requiresCredentials" }}
{{- end }}
{{- if and (not .Values.web.enableProbeAny) .Values.monitoring.probes }}
{{- fail "web.enableProbeAny: got false as well as monitoring.probes, whose addresses are no configured targets, want only one of them" }}
{{- end }}
{{- end }}

{{/* True if the exporter talks to the API server, and needs the token of its account. */}}
{{- define "heartbeat-exporter.usesApiServer" -}}
{{- if or .Values.leaderElection.enabled .Values.probedLeases .Values.watchedLeases .Values.serviceAccount.automount }}true{{ end }}
{{- end }}

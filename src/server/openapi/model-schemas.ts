// biome-ignore-all format: generated
/** The schemas of the page's model, generated from `src/page/model` by `npm run generate`. */
export const MODEL_SCHEMAS: Readonly<Record<string, object>> = {
  "ResultMark": {
    "description": "One of the last results of a target, as a bar shows it.",
    "type": "object",
    "properties": {
      "at": {
        "description": "Unix time in seconds at which the probe began.",
        "type": "number"
      },
      "ok": {
        "type": "boolean"
      },
      "reason": {
        "description": "The reason of a failure; absent after a success.",
        "type": "string"
      },
      "seconds": {
        "description": "Duration in seconds.",
        "type": "number"
      }
    },
    "required": [
      "at",
      "ok",
      "seconds"
    ]
  },
  "Incident": {
    "description": "A stretch of time in which a subject was not healthy: status changes joined, flapping folded. `GET /api/v1/incidents` and `/api/v1/incidents/{id}`.",
    "type": "object",
    "properties": {
      "id": {
        "description": "Stable as long as history holds its beginning.",
        "type": "string"
      },
      "kind": {
        "enum": [
          "target",
          "heartbeat",
          "component",
          "group"
        ]
      },
      "name": {
        "type": "string"
      },
      "title": {
        "description": "One sentence: `gpt was down for 12m (auth)`.",
        "type": "string"
      },
      "status": {
        "description": "The worst status that it had.",
        "enum": [
          "unhealthy",
          "degraded"
        ]
      },
      "from": {
        "type": "string",
        "format": "date-time"
      },
      "to": {
        "description": "`null` while it lasts.",
        "type": [
          "string",
          "null"
        ],
        "format": "date-time"
      },
      "seconds": {
        "description": "Length in seconds until now or its end, without the downtime of the exporter.",
        "type": "number"
      },
      "unobserved_seconds": {
        "description": "Time in it in seconds during which the exporter did not run, so that nothing is known of it.",
        "type": "number"
      },
      "reason": {
        "description": "The reason that it began with.",
        "type": [
          "string",
          "null"
        ]
      },
      "detail": {
        "description": "Explanation for people, at most 300 characters on one line.",
        "type": [
          "string",
          "null"
        ]
      },
      "reasons": {
        "description": "Every reason in it, in order of appearance.",
        "type": "array",
        "items": {
          "type": "string"
        }
      },
      "flaps": {
        "description": "Number of times that it recovered for so short that it is the same incident.",
        "type": "number"
      },
      "began_earlier": {
        "description": "True if it began before the history does.",
        "type": "boolean"
      },
      "blocked_by": {
        "description": "The dependency that was down; absent otherwise.",
        "type": "string"
      },
      "events": {
        "description": "What happened in it, the oldest first; only for one incident, not in lists.",
        "type": "array",
        "items": {
          "$ref": "#/components/schemas/IncidentEvent"
        }
      }
    },
    "required": [
      "id",
      "kind",
      "name",
      "title",
      "status",
      "from",
      "to",
      "seconds",
      "unobserved_seconds",
      "reason",
      "detail",
      "reasons",
      "flaps",
      "began_earlier"
    ]
  },
  "IncidentEvent": {
    "description": "A change in an incident.",
    "type": "object",
    "properties": {
      "at": {
        "type": "string",
        "format": "date-time"
      },
      "kind": {
        "description": "A kind of event of the history: `status`, `mode`, `heartbeat` and so on.",
        "type": "string"
      },
      "text": {
        "type": "string"
      }
    },
    "required": [
      "at",
      "kind",
      "text"
    ]
  },
  "IncidentList": {
    "description": "`GET /api/v1/incidents?limit=&name=&kind=&group=`: the newest first.",
    "type": "object",
    "properties": {
      "generated_at": {
        "type": "string",
        "format": "date-time"
      },
      "known_since": {
        "description": "Beginning of the history that incidents are derived from.",
        "type": [
          "string",
          "null"
        ],
        "format": "date-time"
      },
      "total": {
        "type": "number"
      },
      "incidents": {
        "type": "array",
        "items": {
          "$ref": "#/components/schemas/Incident"
        }
      }
    },
    "required": [
      "generated_at",
      "known_since",
      "total",
      "incidents"
    ]
  },
  "OperationsPage": {
    "description": "`GET /api/v1/operations`: what an operator can end, send again or reset beside single subjects, and what operators have done.",
    "type": "object",
    "properties": {
      "generated_at": {
        "type": "string",
        "format": "date-time"
      },
      "windows": {
        "type": "array",
        "items": {
          "$ref": "#/components/schemas/MaintenanceFacts"
        }
      },
      "relays": {
        "type": "array",
        "items": {
          "$ref": "#/components/schemas/RelayFacts"
        }
      },
      "actions": {
        "type": "array",
        "items": {
          "$ref": "#/components/schemas/ActionFacts"
        }
      },
      "audit": {
        "description": "Attempts of actions, the newest first.",
        "type": "array",
        "items": {
          "$ref": "#/components/schemas/ActionAttempt"
        }
      },
      "control": {
        "description": "Control requests, the newest first, also those that failed.",
        "type": "array",
        "items": {
          "$ref": "#/components/schemas/ControlRequest"
        }
      }
    },
    "required": [
      "generated_at",
      "windows",
      "relays",
      "actions",
      "audit",
      "control"
    ]
  },
  "MaintenanceFacts": {
    "description": "A maintenance window of the configuration, or one that an operator began.",
    "type": "object",
    "properties": {
      "id": {
        "description": "`null` for one of the configuration, which an operator cannot end.",
        "type": [
          "string",
          "null"
        ]
      },
      "name": {
        "type": "string"
      },
      "open": {
        "type": "boolean"
      },
      "until": {
        "type": [
          "string",
          "null"
        ],
        "format": "date-time"
      },
      "covers": {
        "description": "What it covers: `target gpt`, `group web`.",
        "type": "array",
        "items": {
          "type": "string"
        }
      }
    },
    "required": [
      "id",
      "name",
      "open",
      "until",
      "covers"
    ]
  },
  "RelayFacts": {
    "description": "A relay with what waits in it.",
    "type": "object",
    "properties": {
      "name": {
        "type": "string"
      },
      "queued": {
        "type": "number"
      },
      "dead_letters": {
        "type": "number"
      }
    },
    "required": [
      "name",
      "queued",
      "dead_letters"
    ]
  },
  "ActionFacts": {
    "description": "An action with its targets.",
    "type": "object",
    "properties": {
      "name": {
        "type": "string"
      },
      "dry_run": {
        "type": "boolean"
      },
      "max_attempts": {
        "type": "number"
      },
      "targets": {
        "type": "array",
        "items": {
          "$ref": "#/components/schemas/ActionTarget"
        }
      }
    },
    "required": [
      "name",
      "dry_run",
      "max_attempts",
      "targets"
    ]
  },
  "ActionTarget": {
    "description": "The state of an action for one target.",
    "type": "object",
    "properties": {
      "target": {
        "type": "string"
      },
      "attempts": {
        "type": "number"
      },
      "firing": {
        "type": "boolean"
      },
      "cooldown_until": {
        "type": [
          "string",
          "null"
        ],
        "format": "date-time"
      },
      "exhausted": {
        "type": "boolean"
      }
    },
    "required": [
      "target",
      "attempts",
      "firing",
      "cooldown_until",
      "exhausted"
    ]
  },
  "ActionAttempt": {
    "description": "An attempt of an action.",
    "type": "object",
    "properties": {
      "number": {
        "type": "number"
      },
      "action": {
        "type": "string"
      },
      "target": {
        "type": "string"
      },
      "at": {
        "type": "string",
        "format": "date-time"
      },
      "result": {
        "type": "string"
      },
      "detail": {
        "type": "string"
      }
    },
    "required": [
      "number",
      "action",
      "target",
      "at",
      "result",
      "detail"
    ]
  },
  "ControlRequest": {
    "description": "A request to a control route that had the right token.",
    "type": "object",
    "properties": {
      "at": {
        "type": "string",
        "format": "date-time"
      },
      "method": {
        "type": "string"
      },
      "path": {
        "description": "Without the route prefix, with its query.",
        "type": "string"
      },
      "status": {
        "description": "The status of the answer.",
        "type": "number"
      },
      "from": {
        "description": "Address of the client; `null` if its connection was gone.",
        "type": [
          "string",
          "null"
        ]
      }
    },
    "required": [
      "at",
      "method",
      "path",
      "status",
      "from"
    ]
  },
  "Overview": {
    "description": "`GET /api/v1/overview`: what is up, what is not, why and since when.",
    "type": "object",
    "properties": {
      "generated_at": {
        "type": "string",
        "format": "date-time"
      },
      "leader": {
        "description": "Present if another replica leads, and this one does not probe costly targets.",
        "type": "string"
      },
      "summary": {
        "description": "The state of everything in one sentence, about the whole and not only the items that a filter leaves.",
        "type": "string"
      },
      "status": {
        "description": "The worst status of everything; `unknown` without anything.",
        "enum": [
          "healthy",
          "degraded",
          "unhealthy",
          "unknown"
        ]
      },
      "counts": {
        "description": "Of everything except groups, which would count their members twice.",
        "type": "object",
        "properties": {
          "healthy": {
            "type": "integer"
          },
          "degraded": {
            "type": "integer"
          },
          "unhealthy": {
            "type": "integer"
          },
          "unknown": {
            "type": "integer"
          }
        },
        "required": [
          "healthy",
          "degraded",
          "unhealthy",
          "unknown"
        ]
      },
      "sections": {
        "description": "The groups and their status, the worst first, then a section of what is in no group. Not paged.",
        "type": "array",
        "items": {
          "$ref": "#/components/schemas/OverviewSection"
        }
      },
      "routes": {
        "description": "All routes, in the order of the configuration. Neither filtered nor paged.",
        "type": "array",
        "items": {
          "$ref": "#/components/schemas/RouteChain"
        }
      },
      "filters": {
        "description": "The names that filters can choose from.",
        "$ref": "#/components/schemas/OverviewFilters"
      },
      "total": {
        "description": "Number of items that the filter leaves.",
        "type": "number"
      },
      "offset": {
        "type": "number"
      },
      "limit": {
        "type": "number"
      },
      "items": {
        "description": "The items of this part: the worst first, then by name.",
        "type": "array",
        "items": {
          "$ref": "#/components/schemas/OverviewItem"
        }
      },
      "days_from": {
        "description": "Unix time in seconds of the beginning of the first day of every `days`.",
        "type": "number"
      },
      "latency_from": {
        "description": "Unix time in seconds of the beginning of every `latency`, and of its end.",
        "type": "number"
      },
      "latency_to": {
        "type": "number"
      }
    },
    "required": [
      "generated_at",
      "summary",
      "status",
      "counts",
      "sections",
      "routes",
      "filters",
      "total",
      "offset",
      "limit",
      "items",
      "days_from",
      "latency_from",
      "latency_to"
    ]
  },
  "OverviewSection": {
    "description": "A section of the overview.",
    "type": "object",
    "properties": {
      "group": {
        "description": "The name of the group; `null` for what is in no group.",
        "type": [
          "string",
          "null"
        ]
      },
      "description": {
        "type": [
          "string",
          "null"
        ]
      },
      "status": {
        "enum": [
          "healthy",
          "degraded",
          "unhealthy",
          "unknown"
        ]
      },
      "counts": {
        "description": "Of its members.",
        "type": "object",
        "properties": {
          "healthy": {
            "type": "integer"
          },
          "degraded": {
            "type": "integer"
          },
          "unhealthy": {
            "type": "integer"
          },
          "unknown": {
            "type": "integer"
          }
        },
        "required": [
          "healthy",
          "degraded",
          "unhealthy",
          "unknown"
        ]
      },
      "since": {
        "description": "When the status began, if known.",
        "type": [
          "string",
          "null"
        ],
        "format": "date-time"
      }
    },
    "required": [
      "group",
      "description",
      "status",
      "counts",
      "since"
    ]
  },
  "RouteChain": {
    "description": "A route, and which of its members is used now.",
    "type": "object",
    "properties": {
      "name": {
        "type": "string"
      },
      "description": {
        "type": [
          "string",
          "null"
        ]
      },
      "use": {
        "description": "The member in use; `null` if there is none.",
        "type": [
          "string",
          "null"
        ]
      },
      "since": {
        "description": "When that member was chosen.",
        "type": "string",
        "format": "date-time"
      },
      "exhausted": {
        "description": "True if no member is usable.",
        "type": "boolean"
      },
      "forced": {
        "description": "True while an operator forces the choice.",
        "type": "boolean"
      },
      "stale": {
        "description": "True if nothing confirms the choice now.",
        "type": "boolean"
      },
      "members": {
        "description": "By preference.",
        "type": "array",
        "items": {
          "$ref": "#/components/schemas/RouteLink"
        }
      }
    },
    "required": [
      "name",
      "description",
      "use",
      "since",
      "exhausted",
      "forced",
      "stale",
      "members"
    ]
  },
  "RouteLink": {
    "description": "A member of a route.",
    "type": "object",
    "properties": {
      "name": {
        "type": "string"
      },
      "kind": {
        "enum": [
          "target",
          "group"
        ]
      },
      "status": {
        "enum": [
          "healthy",
          "degraded",
          "unhealthy",
          "unknown"
        ]
      },
      "usable": {
        "type": "boolean"
      },
      "reason": {
        "description": "Why it is not usable; `null` if it is.",
        "type": [
          "string",
          "null"
        ]
      }
    },
    "required": [
      "name",
      "kind",
      "status",
      "usable",
      "reason"
    ]
  },
  "OverviewFilters": {
    "description": "The values of the filters of the overview.",
    "type": "object",
    "properties": {
      "labels": {
        "description": "Label names with their values, each with at most 50 values.",
        "type": "object",
        "additionalProperties": {
          "type": "array",
          "items": {
            "type": "string"
          }
        }
      },
      "kinds": {
        "type": "array",
        "items": {
          "enum": [
            "target",
            "heartbeat",
            "component",
            "group"
          ]
        }
      },
      "groups": {
        "type": "array",
        "items": {
          "type": "string"
        }
      }
    },
    "required": [
      "labels",
      "kinds",
      "groups"
    ]
  },
  "OverviewItem": {
    "description": "Something with a status: a line of the overview.",
    "type": "object",
    "properties": {
      "kind": {
        "enum": [
          "target",
          "heartbeat",
          "component",
          "group"
        ]
      },
      "name": {
        "type": "string"
      },
      "status": {
        "enum": [
          "healthy",
          "degraded",
          "unhealthy",
          "unknown"
        ]
      },
      "since": {
        "description": "When the status began, if known.",
        "type": [
          "string",
          "null"
        ],
        "format": "date-time"
      },
      "reason": {
        "description": "A word for why it is not healthy: the reason of a failed probe, the cause of a silence; `null` if healthy.",
        "type": [
          "string",
          "null"
        ]
      },
      "detail": {
        "description": "Explanation for people, at most 300 characters on one line. It may quote what a target said.",
        "type": [
          "string",
          "null"
        ]
      },
      "critical": {
        "type": "boolean"
      },
      "maintenance": {
        "description": "True while a maintenance window covers it.",
        "type": "boolean"
      },
      "labels": {
        "type": "object",
        "additionalProperties": {
          "type": "string"
        }
      },
      "groups": {
        "description": "The groups that it belongs to.",
        "type": "array",
        "items": {
          "type": "string"
        }
      },
      "depends_on": {
        "description": "Names that it depends on; absent without any.",
        "type": "array",
        "items": {
          "type": "string"
        }
      },
      "blocked_by": {
        "description": "The dependency that is down, which explains its status; absent otherwise.",
        "type": "string"
      },
      "last_success": {
        "description": "A probe that succeeded, a heartbeat that was seen or a report that arrived last.",
        "type": [
          "string",
          "null"
        ],
        "format": "date-time"
      },
      "days": {
        "description": "Each day's uptime.",
        "type": "array",
        "items": {
          "type": [
            "number",
            "null"
          ]
        }
      },
      "target": {
        "description": "Details of a target. Only for `kind: \"target\"`.",
        "$ref": "#/components/schemas/TargetFacts"
      },
      "heartbeat": {
        "description": "Details of a heartbeat. Only for `kind: \"heartbeat\"`.",
        "$ref": "#/components/schemas/HeartbeatFacts"
      },
      "members": {
        "description": "Members by status. Only for `kind: \"group\"`.",
        "type": "object",
        "properties": {
          "healthy": {
            "type": "integer"
          },
          "degraded": {
            "type": "integer"
          },
          "unhealthy": {
            "type": "integer"
          },
          "unknown": {
            "type": "integer"
          }
        },
        "required": [
          "healthy",
          "degraded",
          "unhealthy",
          "unknown"
        ]
      }
    },
    "required": [
      "kind",
      "name",
      "status",
      "since",
      "reason",
      "detail",
      "critical",
      "maintenance",
      "labels",
      "groups",
      "last_success",
      "days"
    ]
  },
  "TargetFacts": {
    "description": "What the overview shows of a target beside its status.",
    "type": "object",
    "properties": {
      "module": {
        "type": "string"
      },
      "prober": {
        "description": "The kind of its prober: `http`, `llm` and so on.",
        "type": "string"
      },
      "address": {
        "description": "Without a user, a password and values of the query.",
        "type": "string"
      },
      "mode": {
        "description": "`null` without failover.",
        "enum": [
          "primary",
          "fallback",
          null
        ]
      },
      "mode_since": {
        "type": [
          "string",
          "null"
        ],
        "format": "date-time"
      },
      "forced": {
        "description": "True while an operator forces the mode.",
        "type": "boolean"
      },
      "consecutive_failures": {
        "type": "number"
      },
      "last_probe": {
        "type": [
          "string",
          "null"
        ],
        "format": "date-time"
      },
      "last_duration": {
        "description": "Of the last probe, in seconds.",
        "type": [
          "number",
          "null"
        ]
      },
      "next_probe": {
        "description": "When the exporter probes it next; `null` if only requests probe it.",
        "type": [
          "string",
          "null"
        ],
        "format": "date-time"
      },
      "skipped": {
        "description": "Why no probes are sent at present: `budget_exhausted` or `not_leader`.",
        "type": [
          "string",
          "null"
        ]
      },
      "budget_left": {
        "description": "Remainder of the tightest budget in each unit; `null` without a budget.",
        "anyOf": [
          {
            "type": "object",
            "properties": {
              "tokens": {
                "type": "number"
              },
              "dollars": {
                "type": "number"
              }
            },
            "required": []
          },
          {
            "type": "null"
          }
        ]
      },
      "results": {
        "description": "The oldest first, at most `RESULTS_SHOWN`.",
        "type": "array",
        "items": {
          "$ref": "#/components/schemas/ResultMark"
        }
      },
      "latency": {
        "type": "array",
        "items": {
          "type": [
            "number",
            "null"
          ]
        }
      }
    },
    "required": [
      "module",
      "prober",
      "address",
      "mode",
      "mode_since",
      "forced",
      "consecutive_failures",
      "last_probe",
      "last_duration",
      "next_probe",
      "skipped",
      "budget_left",
      "results",
      "latency"
    ]
  },
  "HeartbeatFacts": {
    "description": "What the overview shows of a heartbeat beside its status.",
    "type": "object",
    "properties": {
      "source": {
        "enum": [
          "push",
          "log",
          "lease"
        ]
      },
      "kind": {
        "description": "One word such as `machine`, or the kind of prober that found it.",
        "type": "string"
      },
      "hostname": {
        "type": [
          "string",
          "null"
        ]
      },
      "owner": {
        "type": [
          "string",
          "null"
        ]
      },
      "last_seen": {
        "type": [
          "string",
          "null"
        ],
        "format": "date-time"
      },
      "timeout_seconds": {
        "description": "Silence in seconds after which it is down.",
        "type": "number"
      },
      "schedule": {
        "description": "A cron expression with its time zone, or `every 1h0m0s`; `null` without a schedule.",
        "type": [
          "string",
          "null"
        ]
      },
      "next_expected": {
        "type": [
          "string",
          "null"
        ],
        "format": "date-time"
      },
      "running_since": {
        "type": [
          "string",
          "null"
        ],
        "format": "date-time"
      },
      "target": {
        "description": "The target whose probe finds it, for logs and leases.",
        "type": [
          "string",
          "null"
        ]
      }
    },
    "required": [
      "source",
      "kind",
      "hostname",
      "owner",
      "last_seen",
      "timeout_seconds",
      "schedule",
      "next_expected",
      "running_since",
      "target"
    ]
  },
  "ListedProbe": {
    "description": "A recent probe with what it probed: an item of `GET /api/v1/probes`.",
    "type": "object",
    "properties": {
      "id": {
        "type": "number"
      },
      "target": {
        "description": "The name of a target, or the address of a request to `/probe`.",
        "type": "string"
      },
      "module": {
        "type": "string"
      },
      "started_at": {
        "type": "string",
        "format": "date-time"
      },
      "ok": {
        "type": "boolean"
      },
      "reason": {
        "type": [
          "string",
          "null"
        ]
      },
      "duration_seconds": {
        "type": "number"
      }
    },
    "required": [
      "id",
      "target",
      "module",
      "started_at",
      "ok",
      "reason",
      "duration_seconds"
    ]
  },
  "ProbeList": {
    "description": "`GET /api/v1/probes`: the newest first.",
    "type": "object",
    "properties": {
      "probes": {
        "type": "array",
        "items": {
          "$ref": "#/components/schemas/ListedProbe"
        }
      }
    },
    "required": [
      "probes"
    ]
  },
  "PublicView": {
    "description": "A view for people outside: chosen groups and nothing else. Served at the path of `pages[]`, and as JSON at the path with `.json`.",
    "type": "object",
    "properties": {
      "title": {
        "type": "string"
      },
      "announcement": {
        "type": [
          "string",
          "null"
        ]
      },
      "updated_at": {
        "description": "Time of the newest change in it, so that an unchanged view is the same text; not the time of the request.",
        "type": [
          "string",
          "null"
        ],
        "format": "date-time"
      },
      "summary": {
        "type": "string"
      },
      "status": {
        "enum": [
          "healthy",
          "degraded",
          "unhealthy",
          "unknown"
        ]
      },
      "groups": {
        "type": "array",
        "items": {
          "$ref": "#/components/schemas/PublicGroup"
        }
      },
      "incidents": {
        "description": "The newest first, at most 20, only of members of its groups.",
        "type": "array",
        "items": {
          "$ref": "#/components/schemas/PublicIncident"
        }
      },
      "days_from": {
        "description": "Unix time in seconds of the beginning of the first day of every `days`.",
        "type": "number"
      }
    },
    "required": [
      "title",
      "announcement",
      "updated_at",
      "summary",
      "status",
      "groups",
      "incidents",
      "days_from"
    ]
  },
  "PublicGroup": {
    "description": "A group in a public view.",
    "type": "object",
    "properties": {
      "name": {
        "description": "`null` for what is in no group, which only `/status.json` shows.",
        "type": [
          "string",
          "null"
        ]
      },
      "description": {
        "type": [
          "string",
          "null"
        ]
      },
      "status": {
        "enum": [
          "healthy",
          "degraded",
          "unhealthy",
          "unknown"
        ]
      },
      "items": {
        "type": "array",
        "items": {
          "$ref": "#/components/schemas/PublicItem"
        }
      }
    },
    "required": [
      "name",
      "description",
      "status",
      "items"
    ]
  },
  "PublicItem": {
    "description": "A member of a group in a public view.",
    "type": "object",
    "properties": {
      "kind": {
        "enum": [
          "target",
          "heartbeat",
          "component",
          "group"
        ]
      },
      "name": {
        "type": "string"
      },
      "status": {
        "enum": [
          "healthy",
          "degraded",
          "unhealthy",
          "unknown"
        ]
      },
      "since": {
        "type": [
          "string",
          "null"
        ],
        "format": "date-time"
      },
      "maintenance": {
        "type": "boolean"
      },
      "days": {
        "type": "array",
        "items": {
          "type": [
            "number",
            "null"
          ]
        }
      },
      "uptime": {
        "type": "object",
        "properties": {
          "1h": {
            "type": [
              "number",
              "null"
            ],
            "minimum": 0,
            "maximum": 1
          },
          "24h": {
            "type": [
              "number",
              "null"
            ],
            "minimum": 0,
            "maximum": 1
          },
          "7d": {
            "type": [
              "number",
              "null"
            ],
            "minimum": 0,
            "maximum": 1
          },
          "30d": {
            "type": [
              "number",
              "null"
            ],
            "minimum": 0,
            "maximum": 1
          },
          "90d": {
            "type": [
              "number",
              "null"
            ],
            "minimum": 0,
            "maximum": 1
          }
        },
        "required": [
          "1h",
          "24h",
          "7d",
          "30d",
          "90d"
        ]
      },
      "address": {
        "description": "Only with `show: [addresses]`.",
        "type": "string"
      },
      "reason": {
        "description": "Only with `show: [reasons]`; a bounded word, never what a target said.",
        "type": [
          "string",
          "null"
        ]
      },
      "latency": {
        "description": "Only with `show: [latency]`, and for targets.",
        "type": "array",
        "items": {
          "type": [
            "number",
            "null"
          ]
        }
      }
    },
    "required": [
      "kind",
      "name",
      "status",
      "since",
      "maintenance",
      "days",
      "uptime"
    ]
  },
  "PublicIncident": {
    "description": "An incident in a public view.",
    "type": "object",
    "properties": {
      "id": {
        "type": "string"
      },
      "name": {
        "type": "string"
      },
      "status": {
        "enum": [
          "unhealthy",
          "degraded"
        ]
      },
      "from": {
        "type": "string",
        "format": "date-time"
      },
      "to": {
        "type": [
          "string",
          "null"
        ],
        "format": "date-time"
      },
      "seconds": {
        "description": "Length without the downtime of the exporter; `null` while it lasts.",
        "type": [
          "number",
          "null"
        ]
      },
      "reason": {
        "description": "Only with `show: [reasons]`.",
        "type": [
          "string",
          "null"
        ]
      }
    },
    "required": [
      "id",
      "name",
      "status",
      "from",
      "to",
      "seconds"
    ]
  },
  "SubjectPage": {
    "description": "`GET /api/v1/targets/{name}?window=24h`, and the same below `heartbeats`, `components` and `groups`: everything about one of them. `item` is its line on the overview.",
    "type": "object",
    "properties": {
      "generated_at": {
        "type": "string",
        "format": "date-time"
      },
      "item": {
        "$ref": "#/components/schemas/OverviewItem"
      },
      "description": {
        "type": [
          "string",
          "null"
        ]
      },
      "window": {
        "enum": [
          "1h",
          "24h",
          "7d",
          "30d"
        ]
      },
      "from": {
        "description": "Unix times in seconds of the chart's beginning and end.",
        "type": "number"
      },
      "to": {
        "type": "number"
      },
      "uptime": {
        "type": "object",
        "properties": {
          "1h": {
            "type": [
              "number",
              "null"
            ],
            "minimum": 0,
            "maximum": 1
          },
          "24h": {
            "type": [
              "number",
              "null"
            ],
            "minimum": 0,
            "maximum": 1
          },
          "7d": {
            "type": [
              "number",
              "null"
            ],
            "minimum": 0,
            "maximum": 1
          },
          "30d": {
            "type": [
              "number",
              "null"
            ],
            "minimum": 0,
            "maximum": 1
          },
          "90d": {
            "type": [
              "number",
              "null"
            ],
            "minimum": 0,
            "maximum": 1
          }
        },
        "required": [
          "1h",
          "24h",
          "7d",
          "30d",
          "90d"
        ]
      },
      "chart": {
        "description": "Only for targets, and for heartbeats with a target.",
        "anyOf": [
          {
            "$ref": "#/components/schemas/Chart"
          },
          {
            "type": "null"
          }
        ]
      },
      "failures": {
        "description": "Failures in the window by reason, the most frequent first.",
        "type": "array",
        "items": {
          "$ref": "#/components/schemas/ReasonCount"
        }
      },
      "modes": {
        "description": "Periods of modes in the window, the oldest first; empty without failover.",
        "type": "array",
        "items": {
          "$ref": "#/components/schemas/ModePeriod"
        }
      },
      "statuses": {
        "description": "Periods of statuses in the window, the oldest first, without gaps that are known.",
        "type": "array",
        "items": {
          "$ref": "#/components/schemas/StatusPeriod"
        }
      },
      "incidents": {
        "description": "The newest first, at most 50.",
        "type": "array",
        "items": {
          "$ref": "#/components/schemas/Incident"
        }
      },
      "probes": {
        "description": "The newest first; empty for all but targets.",
        "type": "array",
        "items": {
          "$ref": "#/components/schemas/RecentProbe"
        }
      },
      "configuration": {
        "description": "The module as YAML with its secrets redacted; `null` without one.",
        "type": [
          "string",
          "null"
        ]
      },
      "settings": {
        "description": "Settings that decide about the status, in the words of the configuration.",
        "type": "array",
        "items": {
          "$ref": "#/components/schemas/Setting"
        }
      },
      "alerts": {
        "description": "The alerts of the exporter's rules that are about this kind of subject.",
        "type": "array",
        "items": {
          "$ref": "#/components/schemas/AlertRule"
        }
      },
      "members": {
        "description": "The members of a group; empty for others.",
        "type": "array",
        "items": {
          "$ref": "#/components/schemas/SubjectLink"
        }
      },
      "dependents": {
        "description": "Subjects that depend on it.",
        "type": "array",
        "items": {
          "$ref": "#/components/schemas/SubjectLink"
        }
      },
      "heartbeats": {
        "description": "The heartbeats that its probes find.",
        "type": "array",
        "items": {
          "allOf": [
            {
              "$ref": "#/components/schemas/HeartbeatFacts"
            },
            {
              "type": "object",
              "properties": {
                "name": {
                  "type": "string"
                }
              },
              "required": [
                "name"
              ]
            }
          ]
        }
      },
      "operations": {
        "description": "The names of the operations that control this subject, with the requests that do them.",
        "type": "array",
        "items": {
          "$ref": "#/components/schemas/Operation"
        }
      }
    },
    "required": [
      "generated_at",
      "item",
      "description",
      "window",
      "from",
      "to",
      "uptime",
      "chart",
      "failures",
      "modes",
      "statuses",
      "incidents",
      "probes",
      "configuration",
      "settings",
      "alerts",
      "members",
      "dependents",
      "heartbeats",
      "operations"
    ]
  },
  "Chart": {
    "description": "A chart in columns, as uPlot takes them: all columns are as long as `times`. Parts without results are absent, so a line has a gap where the distance of two times is greater than `step`.",
    "type": "object",
    "properties": {
      "step": {
        "description": "Width of one part in seconds.",
        "type": "number"
      },
      "times": {
        "description": "Unix times in seconds of the beginning of each part.",
        "type": "array",
        "items": {
          "type": "number"
        }
      },
      "probes": {
        "type": "array",
        "items": {
          "type": "number"
        }
      },
      "failures": {
        "type": "array",
        "items": {
          "type": "number"
        }
      },
      "series": {
        "type": "array",
        "items": {
          "$ref": "#/components/schemas/ChartSeries"
        }
      }
    },
    "required": [
      "step",
      "times",
      "probes",
      "failures",
      "series"
    ]
  },
  "ChartSeries": {
    "description": "One line of a chart.",
    "type": "object",
    "properties": {
      "name": {
        "description": "`duration`, `longest`, `first_token`, `tokens_per_second`, or a phase: `resolve`, `connect`, `tls`, `processing`, `transfer`.",
        "type": "string"
      },
      "unit": {
        "enum": [
          "seconds",
          "tokens_per_second"
        ]
      },
      "stacked": {
        "description": "Lines of phases add up to the duration, and are drawn on each other.",
        "type": "boolean"
      },
      "values": {
        "type": "array",
        "items": {
          "type": [
            "number",
            "null"
          ]
        }
      }
    },
    "required": [
      "name",
      "unit",
      "stacked",
      "values"
    ]
  },
  "ReasonCount": {
    "description": "Number of failures for one reason.",
    "type": "object",
    "properties": {
      "reason": {
        "type": "string"
      },
      "count": {
        "type": "number"
      }
    },
    "required": [
      "reason",
      "count"
    ]
  },
  "ModePeriod": {
    "description": "A stretch of time in one mode.",
    "type": "object",
    "properties": {
      "mode": {
        "enum": [
          "primary",
          "fallback"
        ]
      },
      "from": {
        "type": "string",
        "format": "date-time"
      },
      "to": {
        "description": "`null` while it lasts.",
        "type": [
          "string",
          "null"
        ],
        "format": "date-time"
      },
      "cause": {
        "description": "`threshold`, `command` or `forced`.",
        "type": [
          "string",
          "null"
        ]
      }
    },
    "required": [
      "mode",
      "from",
      "to",
      "cause"
    ]
  },
  "StatusPeriod": {
    "description": "A stretch of time in one status.",
    "type": "object",
    "properties": {
      "status": {
        "enum": [
          "healthy",
          "degraded",
          "unhealthy",
          "unknown"
        ]
      },
      "from": {
        "type": "string",
        "format": "date-time"
      },
      "to": {
        "type": [
          "string",
          "null"
        ],
        "format": "date-time"
      },
      "reason": {
        "type": [
          "string",
          "null"
        ]
      }
    },
    "required": [
      "status",
      "from",
      "to",
      "reason"
    ]
  },
  "RecentProbe": {
    "description": "A probe whose log is kept.",
    "type": "object",
    "properties": {
      "id": {
        "description": "For `/logs?id=`.",
        "type": "number"
      },
      "started_at": {
        "type": "string",
        "format": "date-time"
      },
      "ok": {
        "type": "boolean"
      },
      "reason": {
        "type": [
          "string",
          "null"
        ]
      },
      "detail": {
        "description": "At most 300 characters on one line; it may quote what the target said.",
        "type": [
          "string",
          "null"
        ]
      },
      "duration": {
        "description": "In seconds.",
        "type": "number"
      }
    },
    "required": [
      "id",
      "started_at",
      "ok",
      "reason",
      "detail",
      "duration"
    ]
  },
  "Setting": {
    "description": "A setting that decides about the status of a subject.",
    "type": "object",
    "properties": {
      "name": {
        "description": "The option of the configuration, such as `failure_threshold`.",
        "type": "string"
      },
      "value": {
        "type": "string"
      },
      "meaning": {
        "description": "What it means, in a sentence.",
        "type": "string"
      }
    },
    "required": [
      "name",
      "value",
      "meaning"
    ]
  },
  "AlertRule": {
    "description": "An alert of the exporter's rules.",
    "type": "object",
    "properties": {
      "name": {
        "type": "string"
      },
      "severity": {
        "type": "string"
      },
      "when": {
        "description": "When it fires, in a sentence.",
        "type": "string"
      },
      "for": {
        "description": "How long its condition must last, as a Prometheus duration; `null` for at once.",
        "type": [
          "string",
          "null"
        ]
      },
      "runbook": {
        "description": "Path of its runbook on this exporter.",
        "type": "string"
      },
      "holds": {
        "description": "True if the exporter's own state says that its condition holds now; `null` if only Prometheus can know.",
        "type": [
          "boolean",
          "null"
        ]
      }
    },
    "required": [
      "name",
      "severity",
      "when",
      "for",
      "runbook",
      "holds"
    ]
  },
  "Operation": {
    "description": "Something that an operator can do to a subject, with the control token.",
    "type": "object",
    "properties": {
      "name": {
        "type": "string"
      },
      "method": {
        "enum": [
          "POST",
          "DELETE",
          "PUT"
        ]
      },
      "path": {
        "description": "Path without the route prefix, with its query.",
        "type": "string"
      },
      "effect": {
        "description": "What the request will do, in a sentence.",
        "type": "string"
      },
      "parameters": {
        "description": "Parameters that a person may set: `for` with a duration.",
        "type": "array",
        "items": {
          "type": "string"
        }
      }
    },
    "required": [
      "name",
      "method",
      "path",
      "effect",
      "parameters"
    ]
  },
  "SubjectLink": {
    "description": "A reference to another subject.",
    "type": "object",
    "properties": {
      "kind": {
        "enum": [
          "target",
          "heartbeat",
          "component",
          "group"
        ]
      },
      "name": {
        "type": "string"
      },
      "status": {
        "enum": [
          "healthy",
          "degraded",
          "unhealthy",
          "unknown"
        ]
      }
    },
    "required": [
      "kind",
      "name",
      "status"
    ]
  }
};

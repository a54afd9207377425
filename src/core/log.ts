/** The exporter's structured log, with the methods of pino. Never pass it a secret. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  /** Reports whether lines of a level are written; if absent, all are. */
  isLevelEnabled?(level: "debug"): boolean;
}

/** Reports whether debug lines are written, to be asked before building what they say. */
export const isDebugging = (log: Log): boolean => log.isLevelEnabled?.("debug") ?? true;

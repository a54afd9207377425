// Generated from package.json by npm run generate.

/** The version of the exporter. */
export const VERSION = "0.1.0";

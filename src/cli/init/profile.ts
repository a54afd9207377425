/** Those who begin: with a blackbox.yml, with models, or with machines and pages at home. */
export const PROFILES = ["blackbox", "models", "homelab"] as const;
/** One of `PROFILES`. */
export type Profile = (typeof PROFILES)[number];

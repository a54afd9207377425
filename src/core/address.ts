import { REDACTED } from "./secret.ts";

/** Everything before the last `@` of the authority; as in blackbox_exporter, a target needs no scheme. */
const USERINFO = /^([a-z][a-z0-9+.-]*:\/\/)?[^/?#]*@/i;

/** The address of a target as it may be shown: without the user and password that may stand in it. */
export const redactAddress = (address: string): string => address.replace(USERINFO, `$1${REDACTED}@`);

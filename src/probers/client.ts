import type { Got } from "got";

let client: Promise<Got> | undefined;

/** got. It is a fifth of the exporter's memory, so it is loaded with the first module that needs it. */
export const loadClient = (): Promise<Got> => (client ??= import("got").then(({ default: got }) => got));

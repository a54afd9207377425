import type { Got } from "got";

/** Loads got. It takes a fifth of the exporter's memory, so it is loaded with the first module that needs it. */
export const loadClient = async (): Promise<Got> => (await import("got")).default;

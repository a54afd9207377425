import { systemClock } from "../core/clock.ts";
import { createResolver } from "./resolver.ts";

/** The resolver of this process, for every connection that it opens by name. */
export const processResolver = createResolver(systemClock);

import { createBoundedCache } from "../../core/bounded-cache.ts";
import { compileRegexp, type GroupPlace, type Regexp } from "../regexp.ts";
import type { MatchWork } from "./match.ts";

const compiled = createBoundedCache<Regexp>(100);

/** Finds the first match, in the thread for long texts. Returns the places of its groups. */
export const run = ({ source, bytes }: MatchWork): readonly GroupPlace[] | undefined =>
  compiled.get(source, () => compileRegexp(source)).find(Buffer.from(bytes.buffer))?.places;

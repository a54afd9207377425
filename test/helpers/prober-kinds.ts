import { alternatives } from "../../src/config/document/describe.ts";
import { probers } from "../../src/probers/index.ts";

/** All kinds of probers as messages list them: `http, llm or ...`. */
export const PROBER_KINDS = alternatives(probers.map(({ kind }) => kind));

import type { CompileContext } from "../../core/prober.ts";
import { checkAllowedPaths } from "../path-policy.ts";
import { compileSteps } from "../query-response/steps.ts";
import type { ConversationModule } from "../query-response/visit.ts";
import { compileTls } from "../tls-options.ts";
import type { UnixOptions } from "./schema.ts";

/** Compiles validated options and reports the problems that a schema cannot detect. */
export function compileUnix(options: UnixOptions, context: CompileContext): ConversationModule {
  const { query_response, tls = false, tls_config: config = {}, allowed_targets: allowed } = options;
  checkAllowedPaths(allowed, context);
  const steps = compileSteps(query_response, context);
  if (allowed === undefined && steps.some(({ send }) => send !== undefined))
    context.warn(
      ["query_response"],
      "is sent to every socket that ?target= names; list in allowed_targets those that are meant",
    );
  return { steps, overTls: tls, tls: compileTls(config, context) };
}

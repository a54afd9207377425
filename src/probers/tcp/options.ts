import type { IpPreference } from "../../core/network.ts";
import type { CompileContext } from "../../core/prober.ts";
import { checkAllowedTargets } from "../address-policy.ts";
import { isIP } from "../ip.ts";
import { compileSteps } from "../query-response/steps.ts";
import type { ConversationModule } from "../query-response/visit.ts";
import { compileIpPreference } from "../resolution.ts";
import { compileTls } from "../tls-options.ts";
import type { TcpOptions } from "./schema.ts";

/** A compiled `tcp` module. */
export interface TcpModule extends ConversationModule {
  readonly ip: IpPreference;
  /** Address to connect from; undefined to let the operating system choose. */
  readonly localAddress: string | undefined;
}

/** Compiles validated options and reports the problems that a schema cannot detect. */
export function compileTcp(options: TcpOptions, context: CompileContext): TcpModule {
  const { query_response: steps, tls = false, tls_config: config = {}, source_ip_address: source } = options;
  checkAllowedTargets(options.allowed_targets, context);
  if (source && isIP(source) === 0)
    context.problem(["source_ip_address"], JSON.stringify(source), "an IP address of this machine");
  return {
    steps: compileSteps(steps, context),
    overTls: tls,
    tls: compileTls(config, context),
    ip: compileIpPreference(options),
    localAddress: source || undefined,
  };
}

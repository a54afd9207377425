import type { IpPreference } from "../../core/network.ts";
import type { CompileContext } from "../../core/prober.ts";
import { checkAllowedTargets } from "../address-policy.ts";
import type { RawHeaders } from "../http-headers.ts";
import { compileIpPreference } from "../resolution.ts";
import { compileTls, type TlsSettings } from "../tls-options.ts";
import { encodeHealthCheck } from "./health-messages.ts";
import { compileMetadata } from "./metadata.ts";
import type { GrpcOptions } from "./schema.ts";

/** A compiled `grpc` module. */
export interface GrpcModule {
  readonly service: string;
  /** The request, with its length before it. */
  readonly request: Buffer;
  readonly metadata: RawHeaders;
  /** True if it connects over TLS. */
  readonly secure: boolean;
  readonly tls: TlsSettings;
  readonly ip: IpPreference;
}

/** Compiles validated options and reports the problems that a schema cannot detect. */
export function compileGrpc(options: GrpcOptions, context: CompileContext): GrpcModule {
  const { service = "", tls = false } = options;
  checkAllowedTargets(options.allowed_targets, context);
  return {
    service,
    request: framed(encodeHealthCheck(service)),
    metadata: compileMetadata(options.metadata, context),
    secure: tls,
    tls: compileTls(options.tls_config ?? {}, context),
    ip: compileIpPreference(options, context),
  };
}

/** Puts the prefix of an uncompressed message before it. */
function framed(message: Buffer): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

import type { FrameServer } from "../../../helpers/grpc-servers.ts";
import type { Verdict } from "../../case.ts";
import type { KindCase } from "../../kinds.ts";
import type { GrpcPlace, GrpcServerName } from "../../targets/grpc.ts";

/** One comparison of `grpc` modules. */
export interface GrpcCase extends KindCase<GrpcPlace> {
  /** The server of this case alone. */
  readonly serve?: FrameServer;
}

type More = Partial<Omit<GrpcCase, "name" | "verdict" | "serve">>;

/** A case with a server that breaks rules. */
export const against = (name: string, verdict: Verdict, serve: FrameServer, more: More = {}): GrpcCase => ({
  name,
  verdict,
  serve,
  module: "{ prober: grpc, grpc: {} }",
  target: (place) => `127.0.0.1:${place.port(name)}`,
  before: (place) => place.forget(name),
  ...more,
});

/** A case with a real server of gRPC; `grpc` has the options of the module in YAML, without braces. */
export const at = (
  server: GrpcServerName,
  name: string,
  verdict: Verdict,
  grpc: string,
  more: More & { readonly host?: string } = {},
): GrpcCase => {
  const { host = "127.0.0.1", ...rest } = more;
  return {
    name,
    verdict,
    module: `{ prober: grpc, grpc: { ${grpc} } }`,
    target: (place) => `${host}:${place.port(server)}`,
    ...rest,
  };
};

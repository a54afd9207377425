import { bodies, health, oddHttp2, statuses } from "./answers.ts";
import type { GrpcCase } from "./case.ts";
import { closings, resets, strangers } from "./connections.ts";
import { targets, tls } from "./tls.ts";

/** Every case of `grpc` modules, by group. */
export const grpcCases: Readonly<Record<string, readonly GrpcCase[]>> = {
  grpcHealth: health,
  grpcStatuses: statuses,
  grpcBodies: bodies,
  grpcOddHttp2: oddHttp2,
  grpcResets: resets,
  grpcClosings: closings,
  grpcStrangers: strangers,
  grpcTls: tls,
  grpcTargets: targets,
};

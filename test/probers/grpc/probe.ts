import { grpcProber } from "../../../src/probers/grpc/prober.ts";
import { probingWith } from "../../helpers/probing.ts";

/** Compiles options of `grpc` modules, and probes with them. */
export const { compile, probe } = probingWith(grpcProber);

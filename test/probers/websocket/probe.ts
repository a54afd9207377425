import { websocketProber } from "../../../src/probers/websocket/prober.ts";
import { probingWith } from "../../helpers/probing.ts";

/** Compiles options of `websocket` modules, and probes with them. */
export const { compile, probe } = probingWith(websocketProber);

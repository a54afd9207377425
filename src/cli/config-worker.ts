import { parentPort } from "node:worker_threads";
import { serveDocument } from "../config/loading/serve-documents.ts";
import { PROBER_FORMATS } from "./prober-formats.ts";

// A thread, because a file of thousands of targets takes seconds to read, during which no probe could be timed.
if (parentPort !== null) serveDocument(parentPort, PROBER_FORMATS);

/**
 * The health check of the image: ends with 0 if the exporter of the same container answers, and else with 1 and the reason. A
 * program of its own, because the whole program takes five times as long to load, every 30 seconds.
 */
import { healthProblem } from "./listening/health-socket.ts";

/** Returns why the exporter is not healthy; `undefined` if it is. */
async function problem(): Promise<string | undefined> {
  const name = process.env["HEARTBEAT_HEALTH_SOCKET"] ?? "";
  if (name === "")
    return "HEARTBEAT_HEALTH_SOCKET is not set; the exporter and its health check need the same";
  try {
    return await healthProblem(name);
  } catch (error) {
    return `HEARTBEAT_HEALTH_SOCKET: ${error instanceof Error ? error.message : String(error)}`;
  }
}

const text = await problem();
console.log(text ?? "healthy");
process.exitCode = text === undefined ? 0 : 1;

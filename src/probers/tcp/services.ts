import { readSmall } from "../../files/files.ts";
import { COMMON_SERVICES, parsePort, parseServices } from "../host-port.ts";

let services: Promise<ReadonlyMap<string, number>> | undefined;

/** Reads the services of this machine, once. Without the file, those that Go knows by itself are known. */
async function readServices(): Promise<ReadonlyMap<string, number>> {
  const text = await readSmall("/etc/services").catch(() => Buffer.alloc(0));
  return new Map([...COMMON_SERVICES, ...parseServices(text.toString("utf8"))]);
}

/** Returns the port of an address, which may be a number or the name of a service; `undefined` for an unknown name. */
export async function portOf(port: string): Promise<number | undefined> {
  const number = parsePort(port);
  if (number !== undefined) return number;
  services ??= readServices();
  return (await services).get(port.toLowerCase());
}

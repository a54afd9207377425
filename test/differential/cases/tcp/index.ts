import { addresses } from "./addresses.ts";
import { lines } from "./lines.ts";
import { protocols } from "./protocols.ts";
import { secure } from "./secure.ts";
import { sending } from "./sending.ts";
import type { TcpCase } from "./tcp-case.ts";

/** All cases of `tcp`. */
export const tcpCases: readonly TcpCase[] = [...lines, ...sending, ...secure, ...addresses, ...protocols];

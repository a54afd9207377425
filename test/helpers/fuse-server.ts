/**
 * A FUSE file system that shows the folder in the first argument, for reading, through the device that is open as
 * descriptor 3. SIGSTOP makes it hang, as a file server that is gone does; SIGCONT brings it back.
 */
import { type BigIntStats, lstatSync, openSync, readdirSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";

const DEVICE = 3;
const [root = ""] = process.argv.slice(2);

/** Opcodes of the kernel's fuse.h. */
const OPCODES = {
  LOOKUP: 1,
  FORGET: 2,
  GETATTR: 3,
  OPEN: 14,
  READ: 15,
  RELEASE: 18,
  INIT: 26,
  OPENDIR: 27,
  READDIR: 28,
  RELEASEDIR: 29,
  INTERRUPT: 36,
  BATCH_FORGET: 42,
} as const;
const ENOENT = -2;
const ENOSYS = -38;

const paths = new Map<bigint, string>([[1n, root]]);
const numbers = new Map<string, bigint>([[root, 1n]]);

function numberOf(path: string): bigint {
  const number = numbers.get(path) ?? BigInt(numbers.size + 1);
  numbers.set(path, number);
  paths.set(number, path);
  return number;
}

function attributes(number: bigint, stats: BigIntStats): Buffer {
  const buffer = Buffer.alloc(88);
  const times = [stats.atimeNs, stats.mtimeNs, stats.ctimeNs];
  [number, stats.size, stats.blocks, ...times.map((time) => time / 1_000_000_000n)].forEach((value, i) =>
    buffer.writeBigUInt64LE(value, i * 8),
  );
  const rest = [
    ...times.map((time) => time % 1_000_000_000n),
    stats.mode,
    1n,
    stats.uid,
    stats.gid,
    0n,
    4096n,
  ];
  rest.forEach((value, i) => buffer.writeUInt32LE(Number(value), 48 + i * 4));
  return buffer;
}

const statsOf = (path: string): BigIntStats => lstatSync(path, { bigint: true });

function entries(path: string, begin: number): Buffer {
  return Buffer.concat(
    [".", "..", ...readdirSync(path)].slice(begin).map((name, i) => {
      const length = Buffer.byteLength(name);
      const entry = Buffer.alloc(24 + Math.ceil(length / 8) * 8);
      entry.writeBigUInt64LE(numberOf(join(path, name)), 0);
      entry.writeBigUInt64LE(BigInt(begin + i + 1), 8);
      entry.writeUInt32LE(length, 16);
      entry.write(name, 24);
      return entry;
    }),
  );
}

/** Returns the answer of a request, or an error number; `undefined` for a request without an answer. */
function answer(opcode: number, node: bigint, body: Buffer): Buffer | number | undefined {
  const path = paths.get(node) ?? root;
  switch (opcode) {
    case OPCODES.INIT: {
      const buffer = Buffer.alloc(64);
      [7, 31, 0, 0].forEach((value, i) => buffer.writeUInt32LE(value, i * 4));
      buffer.writeUInt32LE(65_536, 20);
      buffer.writeUInt32LE(1, 24);
      return buffer;
    }
    case OPCODES.LOOKUP: {
      const child = join(path, body.toString("utf8", 0, body.indexOf(0)));
      const head = Buffer.alloc(40);
      head.writeBigUInt64LE(numberOf(child), 0);
      return Buffer.concat([head, attributes(numberOf(child), statsOf(child))]);
    }
    case OPCODES.GETATTR:
      return Buffer.concat([Buffer.alloc(16), attributes(node, statsOf(path))]);
    case OPCODES.OPEN:
    case OPCODES.OPENDIR: {
      const opened = Buffer.alloc(16);
      // Without the kernel's cache, so that each read is a request.
      opened.writeUInt32LE(1, 8);
      return opened;
    }
    case OPCODES.READ: {
      const buffer = Buffer.alloc(body.readUInt32LE(16));
      const file = openSync(path, "r");
      const length = readSync(file, buffer, 0, buffer.length, Number(body.readBigUInt64LE(8)));
      return buffer.subarray(0, length);
    }
    case OPCODES.READDIR:
      return entries(path, Number(body.readBigUInt64LE(8)));
    case OPCODES.RELEASE:
    case OPCODES.RELEASEDIR:
      return Buffer.alloc(0);
    case OPCODES.FORGET:
    case OPCODES.BATCH_FORGET:
    case OPCODES.INTERRUPT:
      return undefined;
    default:
      // Also of FLUSH: the kernel would let no process end with an open file that cannot be flushed.
      return ENOSYS;
  }
}

function handle(request: Buffer): void {
  let result: Buffer | number | undefined;
  try {
    result = answer(request.readUInt32LE(4), request.readBigUInt64LE(16), request.subarray(40));
  } catch {
    result = ENOENT;
  }
  if (result === undefined) return;
  const body = typeof result === "number" ? Buffer.alloc(0) : result;
  const head = Buffer.alloc(16);
  head.writeUInt32LE(16 + body.length, 0);
  head.writeInt32LE(typeof result === "number" ? result : 0, 4);
  request.copy(head, 8, 8, 16);
  try {
    writeSync(DEVICE, Buffer.concat([head, body]));
  } catch {
    // The caller was interrupted.
  }
}

const buffer = Buffer.alloc(1 << 20);
for (;;) handle(buffer.subarray(0, readSync(DEVICE, buffer)));

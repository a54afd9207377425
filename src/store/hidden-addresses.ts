import type { DatabaseSync } from "node:sqlite";
import { redactAddress } from "../core/secret.ts";
import { identityFrom } from "../core/target.ts";
import { checksumOf } from "./namespaces.ts";

/** Namespaces whose keys contain the identity of a target. */
const WITH_IDENTITIES = ["failover", "engine/results"] as const;

/**
 * Replaces the addresses that an older version has written into keys by their digests, so that neither the file nor its backups
 * contain passwords and keys of addresses. Values stay. The pages that contained them are overwritten.
 * @returns true if there were any
 */
export function hideAddresses(db: DatabaseSync): boolean {
  const rows = WITH_IDENTITIES.flatMap((namespace) =>
    db
      .prepare("select key, value, sum from shelves where shelf = ?")
      .all(namespace)
      .flatMap((row) => {
        const [key, value] = [String(row["key"]), String(row["value"])];
        const next = currentKey(key);
        if (next === undefined) return [];
        const isIntact = checksumOf(namespace, key, value) === row["sum"];
        return [{ namespace, key, value, next, isIntact }];
      }),
  );
  if (rows.length === 0) return false;
  db.exec("pragma secure_delete = on; begin immediate");
  try {
    const remove = db.prepare("delete from shelves where shelf = ? and key = ?");
    const put = db.prepare("insert or ignore into shelves (shelf, key, value, sum) values (?, ?, ?, ?)");
    for (const { namespace, key, value, next, isIntact } of rows) {
      remove.run(namespace, key);
      if (isIntact) put.run(namespace, next.key, value, checksumOf(namespace, next.key, value));
    }
    db.exec("commit");
  } catch (error) {
    if (db.isTransaction) db.exec("rollback");
    throw error;
  }
  if (rows.some(({ next }) => next.hasSecret)) overwriteFreePages(db);
  return true;
}

/** Keys that were deleted earlier may still be in pages that are not in use. */
function overwriteFreePages(db: DatabaseSync): void {
  try {
    db.exec("vacuum");
    db.prepare("pragma wal_checkpoint(truncate)").all();
  } catch {
    // A full disk has no room for the copy that this needs; the keys themselves are gone.
  }
}

/** Returns the present form of a key of an older version: `["name","module","http://user:password@host",null,null]`, after a word of its owner. */
function currentKey(key: string): { readonly key: string; readonly hasSecret: boolean } | undefined {
  const [, prefix = "", json = ""] = /^([a-z]+ )?(\[.*\])$/s.exec(key) ?? [];
  const parts = parsed(json);
  if (!Array.isArray(parts) || parts.length !== 5) return undefined;
  const [name, module, address, model, hostname] = parts as readonly unknown[];
  if (typeof name !== "string" || typeof module !== "string" || typeof address !== "string") return undefined;
  if (!isTextOrNull(model) || !isTextOrNull(hostname)) return undefined;
  return {
    key: `${prefix}${identityFrom([name, module, address, model, hostname])}`,
    hasSecret: redactAddress(address) !== address,
  };
}

const isTextOrNull = (value: unknown): value is string | null => value === null || typeof value === "string";

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

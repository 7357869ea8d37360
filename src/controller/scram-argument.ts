import { pbkdf2Sync, createHash, createHmac } from "node:crypto";
import { MoldauError } from "../core/errors.ts";
import type { ClusterRecord } from "../metadata/cluster-record.ts";
import type { Random } from "../platform/random.ts";

/** Mechanisms and their codes in records. */
const mechanisms = {
  "SCRAM-SHA-256": { code: 1, hash: "sha256", keyBytes: 32 },
  "SCRAM-SHA-512": { code: 2, hash: "sha512", keyBytes: 64 },
} as const;
const ITERATIONS_MIN = 4096;
const ITERATIONS_MAX = 16_384;
const SALT_BYTES = 32;

/**
 * The credential of an `--add-scram` argument, such as
 * `SCRAM-SHA-256=[name=alice,password=alice-secret,iterations=4096]`. Besides `password` a
 * `saltedpassword` with its `salt` (base64) may be given.
 * @throws MoldauError
 */
export function parseScramArgument(argument: string, random: Random): ClusterRecord {
  const match = /^(SCRAM-SHA-(?:256|512))=\[(.*)\]$/.exec(argument);
  if (match === null)
    throw refused(argument, "it does not look like MECHANISM=[name=…,password=…]");
  const mechanism = match[1] === "SCRAM-SHA-256" ? "SCRAM-SHA-256" : "SCRAM-SHA-512";
  const { code, hash, keyBytes } = mechanisms[mechanism];
  const fields = fieldsOf(match[2] ?? "", mechanism);
  const name = fields.get("name");
  if (name === undefined || name === "") throw refused(mechanism, "a name is missing");
  const iterations = Number(fields.get("iterations") ?? ITERATIONS_MIN);
  if (!Number.isInteger(iterations) || iterations < ITERATIONS_MIN || iterations > ITERATIONS_MAX) {
    throw refused(mechanism, `iterations must be ${ITERATIONS_MIN} to ${ITERATIONS_MAX}`);
  }
  const password = fields.get("password");
  const given = fields.get("saltedpassword");
  const saltText = fields.get("salt");
  if ((password === undefined) === (given === undefined)) {
    throw refused(mechanism, "either password or saltedpassword must be given");
  }
  if (given !== undefined && saltText === undefined) {
    throw refused(mechanism, "a saltedpassword needs its salt");
  }
  const salt = saltText === undefined ? random.bytes(SALT_BYTES) : Buffer.from(saltText, "base64");
  const salted =
    password === undefined
      ? Buffer.from(given ?? "", "base64")
      : pbkdf2Sync(password.normalize("NFKC"), salt, iterations, keyBytes, hash);
  const hmac = (label: string): Buffer => createHmac(hash, salted).update(label).digest();
  return {
    kind: "UserScramCredentialRecord",
    version: 0,
    value: {
      name,
      mechanism: code,
      salt,
      storedKey: createHash(hash).update(hmac("Client Key")).digest(),
      serverKey: hmac("Server Key"),
      iterations,
    },
  };
}

/** Values may stand in quotes, and only then hold commas. */
function fieldsOf(text: string, mechanism: string): Map<string, string> {
  const fields = new Map<string, string>();
  const pattern = /\s*(\w+)\s*=\s*(?:"([^"]*)"|([^,]*))\s*(?:,|$)/gy;
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text);
    if (match === null) throw refused(mechanism, "its fields do not read like name=value,…");
    fields.set(match[1] ?? "", match[2] ?? match[3] ?? "");
  }
  return fields;
}

function refused(what: string, reason: string): MoldauError {
  // The argument holds a password and is not repeated.
  const subject = what.includes("[") ? "--add-scram" : `--add-scram ${what}`;
  return new MoldauError(`${subject}: ${reason}`, {
    code: "FORMAT_SCRAM",
    remedy: "Write --add-scram 'SCRAM-SHA-256=[name=alice,password=secret]'.",
  });
}

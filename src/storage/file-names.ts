/** Names of segment files: base offset in 20 digits, then what the file holds. */

/** What follows the offset in the name of each of a segment's files. */
export const SegmentSuffix = {
  log: ".log",
  offsetIndex: ".index",
  timeIndex: ".timeindex",
  transactionIndex: ".txnindex",
  producerSnapshot: ".snapshot",
} as const;

/** Added to the name of a file that is to be unlinked later. */
export const DELETED_SUFFIX = ".deleted";
/** Added to what compaction is writing. */
export const CLEANED_SUFFIX = ".cleaned";
/** Added to what compaction has finished and is putting in place. */
export const SWAP_SUFFIX = ".swap";

/** Endings of partition folders that hold no partition. */
export const DELETE_FOLDER_SUFFIX = "-delete";
export const STRAY_FOLDER_SUFFIX = "-stray";
export const FUTURE_FOLDER_SUFFIX = "-future";

const OFFSET_DIGITS = 20;
/** The longest name that common file systems take. */
const FILE_NAME_LENGTH_MAX = 255;
const UNIQUE_LENGTH = 32;

/** `00000000000000000042` and the suffix. */
export function segmentFileName(offset: number, suffix: string): string {
  return String(offset).padStart(OFFSET_DIGITS, "0") + suffix;
}

/** The offset that a name such as `00000000000000000042.log` begins with, or `undefined`. */
export function offsetOfFileName(name: string): number | undefined {
  const dot = name.indexOf(".");
  if (dot <= 0) return undefined;
  const digits = name.slice(0, dot);
  if (!/^\d+$/.test(digits)) return undefined;
  const offset = Number(digits);
  return Number.isSafeInteger(offset) ? offset : undefined;
}

/** A partition by the name of its folder, or `undefined` when it is no such name. */
export function parsePartitionFolder(
  name: string,
): { readonly topic: string; readonly partition: number } | undefined {
  const dash = name.lastIndexOf("-");
  if (dash <= 0) return undefined;
  const digits = name.slice(dash + 1);
  if (!/^\d{1,10}$/.test(digits) || Number(digits) > 0x7fffffff) return undefined;
  return { topic: name.slice(0, dash), partition: Number(digits) };
}

/** Whether a folder was renamed to be removed, kept aside or filled: `orders-0.<32 hex>-delete`. */
export function isAsideFolder(name: string, suffix: string): boolean {
  return name.endsWith(suffix) && /^.+-\d+\.[0-9a-f]{32}$/.test(name.slice(0, -suffix.length));
}

/**
 * The name under which a partition folder is put aside. `unique` is 32 hexadecimal digits; the topic
 * is cut so that the name stays within what file systems take.
 */
export function asideFolderName(
  topic: string,
  partition: number,
  unique: string,
  suffix: string,
): string {
  const tail = `-${partition}.${unique}${suffix}`;
  const room = FILE_NAME_LENGTH_MAX - tail.length;
  return `${topic.slice(0, room)}${tail}`;
}

/** 32 hexadecimal digits from 16 random bytes. */
export function uniqueOf(bytes: Buffer): string {
  return bytes.toString("hex", 0, UNIQUE_LENGTH / 2);
}

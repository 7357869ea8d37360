import type { Disk } from "../platform/disk.ts";
import { BatchScan } from "./batch-scan.ts";
import {
  CLEANED_SUFFIX,
  DELETED_SUFFIX,
  offsetOfFileName,
  SegmentSuffix,
  SWAP_SUFFIX,
} from "./file-names.ts";
import { LogFile, type OpenFiles } from "./log-file.ts";

/**
 * Brings a partition folder into order after a crash in the middle of deleting or compacting: what
 * was to be unlinked goes, unfinished compaction goes, a finished one that was being put in place
 * is put in place. Index files without records go. Returns the names of the files that are left.
 */
export function settleTemporaryFiles(disk: Disk, openFiles: OpenFiles, folder: string): string[] {
  const names = disk.list(folder);
  if (!names.some(isUnsettled)) return names;
  let lowestCleaned = Infinity;
  for (const name of names) {
    const offset = offsetOfFileName(name);
    if (offset === undefined) continue;
    if (name.endsWith(CLEANED_SUFFIX)) lowestCleaned = Math.min(lowestCleaned, offset);
    if (name.endsWith(CLEANED_SUFFIX) || name.endsWith(DELETED_SUFFIX)) {
      disk.remove(`${folder}/${name}`);
    }
  }
  // While a segment's parts were still being renamed to .cleaned, swapping had not begun as a whole.
  for (const name of names) {
    const offset = offsetOfFileName(name);
    if (offset === undefined || !name.endsWith(SWAP_SUFFIX)) continue;
    if (offset >= lowestCleaned) disk.remove(`${folder}/${name}`);
  }
  finishSwap(disk, openFiles, folder);
  removeOrphans(disk, folder);
  return disk.list(folder);
}

function isUnsettled(name: string, _index: number, all: readonly string[]): boolean {
  if (
    name.endsWith(DELETED_SUFFIX) ||
    name.endsWith(CLEANED_SUFFIX) ||
    name.endsWith(SWAP_SUFFIX)
  ) {
    return true;
  }
  return isIndexName(name) && !all.includes(logNameOf(name));
}

/** The compacted segments replace all segments that begin within their range. */
function finishSwap(disk: Disk, openFiles: OpenFiles, folder: string): void {
  const swapLogs = disk
    .list(folder)
    .filter((name) => name.endsWith(SegmentSuffix.log + SWAP_SUFFIX));
  let lowest = Infinity;
  let end = -Infinity;
  for (const name of swapLogs) {
    const base = offsetOfFileName(name);
    if (base === undefined) continue;
    lowest = Math.min(lowest, base);
    end = Math.max(end, nextOffsetOf(disk, openFiles, `${folder}/${name}`, base));
  }
  for (const name of disk.list(folder)) {
    const offset = offsetOfFileName(name);
    if (offset === undefined || name.endsWith(SWAP_SUFFIX)) continue;
    const isPart = name.endsWith(SegmentSuffix.log) || isIndexName(name);
    if (isPart && offset >= lowest && offset < end) disk.remove(`${folder}/${name}`);
  }
  for (const name of disk.list(folder)) {
    if (!name.endsWith(SWAP_SUFFIX) || offsetOfFileName(name) === undefined) continue;
    disk.rename(`${folder}/${name}`, `${folder}/${name.slice(0, -SWAP_SUFFIX.length)}`);
  }
}

function nextOffsetOf(disk: Disk, openFiles: OpenFiles, path: string, base: number): number {
  const file = new LogFile(disk, openFiles, path);
  try {
    const scan = new BatchScan(file, 0, file.size(), "headers");
    let next = base;
    while (scan.next()) next = scan.lastOffset + 1;
    return next;
  } finally {
    file.close();
  }
}

function removeOrphans(disk: Disk, folder: string): void {
  const names = disk.list(folder);
  for (const name of names) {
    if (isIndexName(name) && !names.includes(logNameOf(name))) disk.remove(`${folder}/${name}`);
  }
}

function isIndexName(name: string): boolean {
  return (
    offsetOfFileName(name) !== undefined &&
    (name.endsWith(SegmentSuffix.offsetIndex) ||
      name.endsWith(SegmentSuffix.timeIndex) ||
      name.endsWith(SegmentSuffix.transactionIndex))
  );
}

function logNameOf(indexName: string): string {
  return indexName.slice(0, indexName.indexOf(".")) + SegmentSuffix.log;
}

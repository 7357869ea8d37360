import type { DiskErrorKind } from "../platform/disk.ts";

/** What a disk can be made to fail at. `sync` covers files and directories. */
export type DiskOperation = "open" | "read" | "write" | "truncate" | "sync" | "name";

/** A plan for failures: the matching calls after `skip` of them fail `times` times. */
export interface DiskFault {
  readonly operation: DiskOperation;
  /** Part of the path; without it any path. */
  readonly path?: string;
  /** Matching calls that still succeed; default 0. */
  readonly skip?: number;
  /** Default 1; `Infinity` until {@link DiskFaults.clear}. */
  readonly times?: number;
  /** Default `failed`, which is EIO. */
  readonly kind?: DiskErrorKind;
}

interface PlannedFault {
  readonly fault: DiskFault;
  skip: number;
  times: number;
}

/** The failures planned for one disk. */
export class DiskFaults {
  #planned: PlannedFault[] = [];

  plan(fault: DiskFault): void {
    this.#planned.push({ fault, skip: fault.skip ?? 0, times: fault.times ?? 1 });
  }

  clear(): void {
    this.#planned = [];
  }

  /** How the call that is about to happen fails, or `undefined`. */
  take(operation: DiskOperation, path: string): DiskErrorKind | undefined {
    for (const planned of this.#planned) {
      const { fault } = planned;
      if (fault.operation !== operation || planned.times === 0) continue;
      if (fault.path !== undefined && !path.includes(fault.path)) continue;
      if (planned.skip > 0) {
        planned.skip--;
        continue;
      }
      planned.times--;
      return fault.kind ?? "failed";
    }
    return undefined;
  }
}

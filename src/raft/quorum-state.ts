import { MoldauError, messageOf } from "../core/errors.ts";
import { ZERO_UUID, uuidBytes } from "../core/uuid.ts";
import type { ReplicaKey } from "./voter-set.ts";

/** What a node may not forget about elections: the file `quorum-state`. */
export interface ElectionState {
  readonly epoch: number;
  /** The leader of the epoch, where known. */
  readonly leaderId: number | undefined;
  /** To whom this node gave its vote in the epoch. */
  readonly voted: ReplicaKey | undefined;
}

/** No file: this node never voted. */
export const noElection: ElectionState = { epoch: 0, leaderId: undefined, voted: undefined };

const NOBODY = -1;

/**
 * The content of the file `quorum-state`: one line of JSON, without an end of line. Data version 0
 * under kraft.version 0, which names the static voters and knows no directories; 1 under 1.
 */
export function encodeQuorumState(
  state: ElectionState,
  kraftVersion: number,
  staticVoterIds: readonly number[],
): Buffer {
  const leaderId = state.leaderId ?? NOBODY;
  const votedId = state.voted?.id ?? NOBODY;
  if (kraftVersion >= 1) {
    const votedDirectoryId = state.voted?.directoryId ?? ZERO_UUID;
    const fields = { leaderId, leaderEpoch: state.epoch, votedId, votedDirectoryId };
    return Buffer.from(JSON.stringify({ ...fields, data_version: 1 }));
  }
  const fields = { clusterId: "", leaderId, leaderEpoch: state.epoch, votedId, appliedOffset: 0 };
  const currentVoters = staticVoterIds.map((voterId) => ({ voterId }));
  return Buffer.from(JSON.stringify({ ...fields, currentVoters, data_version: 0 }));
}

/** Reads the file. Anything that is not exactly a state is refused: a forgotten vote elects two leaders. */
export function decodeQuorumState(bytes: Buffer, path: string): ElectionState {
  let parsed: unknown;
  try {
    parsed = JSON.parse(bytes.toString("utf8"));
  } catch (thrown) {
    throw damaged(path, messageOf(thrown));
  }
  if (typeof parsed !== "object" || parsed === null) throw damaged(path, "not a JSON object");
  const fields = new Map<string, unknown>(Object.entries(parsed));
  const version = integerField(fields, "data_version", path);
  if (version !== 0 && version !== 1) throw damaged(path, `unknown data_version ${version}`);
  const epoch = integerField(fields, "leaderEpoch", path);
  const leaderId = integerField(fields, "leaderId", path);
  const votedId = integerField(fields, "votedId", path);
  if (epoch < 0 || leaderId < NOBODY || votedId < NOBODY) throw damaged(path, "a negative number");
  const directoryId = version === 0 ? ZERO_UUID : fields.get("votedDirectoryId");
  if (typeof directoryId !== "string" || uuidBytes(directoryId) === undefined) {
    throw damaged(path, "votedDirectoryId is no uuid");
  }
  return {
    epoch,
    leaderId: leaderId === NOBODY ? undefined : leaderId,
    voted: votedId === NOBODY ? undefined : { id: votedId, directoryId },
  };
}

function integerField(fields: ReadonlyMap<string, unknown>, name: string, path: string): number {
  const value = fields.get(name);
  if (typeof value !== "number" || !Number.isInteger(value) || value > 0x7fffffff) {
    throw damaged(path, `${name} is missing or no 32-bit number`);
  }
  return value;
}

function damaged(path: string, reason: string): MoldauError {
  return new MoldauError(`${path} is damaged: ${reason}`, {
    code: "QUORUM_STATE_DAMAGED",
    remedy:
      "Restore the file from a backup; on a single node it may be removed, then a new election is held.",
  });
}

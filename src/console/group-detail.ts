import type { AnyGroupDescription } from "../client/admin/describe-groups.ts";
import type { GroupDetail, GroupPartition, MemberRow } from "./api.ts";
import type { ConsoleState } from "./console-state.ts";
import { groupType } from "./group-sampler.ts";
import { rowOf } from "./message-reader.ts";
import { SILENT_MS, verdictOf, type FetchFacts } from "./verdict.ts";

const CALL_MAX_MS = 10_000;
/** Of the same record again and again, so many are fetched to be shown. */
const RECORDS_MAX = 3;

interface Place {
  readonly topic: string;
  readonly partition: number;
}

const keyOf = ({ topic, partition }: Place): string => `${topic}-${partition}`;

/** A group with its members, where it is in each partition, and why it does or does not move on there. */
export async function groupDetail(state: ConsoleState, name: string): Promise<GroupDetail> {
  const { admin } = state.kafka;
  const bounds = { timeoutMs: CALL_MAX_MS };
  const [description, offsets] = await Promise.all([
    admin.describeGroup(name, bounds),
    admin.groupOffsets(name, bounds),
  ]);
  const committed = new Map(offsets.map((offset) => [keyOf(offset), offset.offset]));
  const readers = new Map<string, MemberRow>();
  const memberRows = description.members.map((member) => memberOf(state, member));
  for (const member of memberRows) {
    for (const place of member.assignment) readers.set(keyOf(place), member);
  }
  const places = new Map<string, Place>();
  for (const { topic, partition } of offsets)
    places.set(keyOf({ topic, partition }), { topic, partition });
  for (const { assignment } of memberRows)
    for (const place of assignment) places.set(keyOf(place), place);
  const sorted = [...places.values()].sort((a, b) =>
    a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1,
  );
  const ends = await endsOf(state, sorted);
  const waitingFor = waitedFor(state, description);
  const memberMovedMs = movesOf(state, name, memberRows);
  const partitionRows = sorted.map((place) =>
    partitionOf(state, name, description.state, {
      place,
      memberMovedMs,
      waitingFor,
      committed: committed.get(keyOf(place)),
      reader: readers.get(keyOf(place)),
      ends: ends.get(keyOf(place)) ?? { start: 0, end: 0, stable: 0 },
    }),
  );
  const row = state.view.groupRow(name);
  return {
    name,
    type: groupType(description.type),
    state: description.state,
    members: memberRows.length,
    topics: [...new Set(sorted.map(({ topic }) => topic))],
    lag: partitionRows.reduce((sum, { lag }) => sum + lag, 0),
    lagTrend: row?.lagTrend ?? 0,
    isStuck: row?.isStuck ?? false,
    protocol: description.protocolType,
    assignor: description.assignor ?? "",
    coordinator: description.coordinatorId,
    memberRows,
    partitionRows: await withProducers(state, await withRecords(state, partitionRows)),
  };
}

function memberOf(
  { insight }: ConsoleState,
  member: AnyGroupDescription["members"][number],
): MemberRow {
  const { memberId, instanceId, clientId, host } = member;
  const software = insight?.softwareOf(clientId, host);
  return {
    memberId,
    ...(instanceId === null ? {} : { instanceId }),
    clientId,
    host,
    ...(software === undefined ? {} : { software }),
    assignment: member.assignment,
  };
}

interface Ends {
  readonly start: number;
  readonly end: number;
  /** Below it everything is decided. */
  readonly stable: number;
}

async function endsOf(
  { kafka }: ConsoleState,
  places: readonly Place[],
): Promise<Map<string, Ends>> {
  const ask = async (
    at: "earliest" | "latest",
    readCommitted: boolean,
  ): Promise<Map<string, number>> => {
    const queries = places.map((place) => ({ ...place, at }));
    const found = await kafka.admin.listOffsets(queries, { readCommitted, timeoutMs: CALL_MAX_MS });
    return new Map(found.map((one) => [keyOf(one), one.value?.offset ?? 0]));
  };
  const [starts, ends, stable] = await Promise.all([
    ask("earliest", false),
    ask("latest", false),
    ask("latest", true),
  ]);
  return new Map(
    places.map((place) => {
      const key = keyOf(place);
      const end = ends.get(key) ?? 0;
      return [key, { start: starts.get(key) ?? 0, end, stable: stable.get(key) ?? end }];
    }),
  );
}

function partitionOf(
  state: ConsoleState,
  group: string,
  groupState: string,
  {
    place,
    committed,
    reader,
    ends,
    waitingFor,
    memberMovedMs,
  }: {
    readonly place: Place;
    readonly memberMovedMs: ReadonlyMap<string, number>;
    readonly waitingFor: readonly string[];
    readonly committed: number | undefined;
    readonly reader: MemberRow | undefined;
    readonly ends: Ends;
  },
): GroupPartition {
  const { topic, partition } = place;
  const { observed, sinceMs } = state;
  const commit = observed?.commits.get(`${group}\0${topic}\0${partition}`);
  const nowMs = state.kafka.cluster.platform.clock.nowMs();
  const next = committed ?? ends.start;
  // One that comes and goes is not there at most times: whoever committed last is the one that was.
  const who = reader ?? commit;
  const fetch = who === undefined ? undefined : fetchOf(state, who, place, next, nowMs);
  const verdict = verdictOf({
    nowMs,
    groupState,
    waitingFor,
    hasMember: reader !== undefined,
    committed,
    startOffset: ends.start,
    endOffset: ends.end,
    lastStableOffset: ends.stable,
    fetch: observed === undefined ? undefined : fetch,
    movedMs: state.movedMs(group, topic, partition) ?? sinceMs,
    memberMovedMs: memberMovedMs.get(reader?.memberId ?? "") ?? sinceMs,
    observedSinceMs: sinceMs,
  });
  return {
    topic,
    partition,
    ...(committed === undefined ? {} : { committed }),
    startOffset: ends.start,
    endOffset: ends.end,
    lag: Math.max(0, ends.end - Math.max(committed ?? ends.start, ends.start)),
    ...(reader === undefined ? {} : { memberId: reader.memberId, clientId: reader.clientId }),
    ...(reader === undefined || fetch === undefined || fetch === null
      ? {}
      : { fetchOffset: fetch.offset, lastFetchMs: fetch.lastMs }),
    ...(commit === undefined ? {} : { lastCommitMs: commit.lastMs }),
    verdict,
  };
}

/**
 * Where the member fetched last in the partition; null when it was not seen to. Of several consumers with the
 * same client id on one host it is most likely the one that is the least ahead of what the group has
 * committed.
 */
function fetchOf(
  { observed }: ConsoleState,
  { clientId, host }: Pick<MemberRow, "clientId" | "host">,
  { topic, partition }: Place,
  next: number,
  nowMs: number,
): FetchFacts | null {
  const place = observed?.placeOf(topic, partition, clientId, host);
  if (place === undefined) return null;
  const { readers, begunAt, begins } = place;
  const alive = readers.filter(({ lastMs }) => nowMs - lastMs <= SILENT_MS);
  const ahead = alive.filter(({ offset }) => offset >= next);
  const among = ahead.length > 0 ? ahead : alive.length > 0 ? alive : readers;
  const [first, ...rest] = among;
  if (first === undefined) return null;
  const chosen = rest.reduce((best, one) => (one.offset < best.offset ? one : best), first);
  return { ...chosen, begunAt, begins };
}

/** When a partition of each member was last seen to move, by member id. */
function movesOf(
  state: ConsoleState,
  group: string,
  members: readonly MemberRow[],
): ReadonlyMap<string, number> {
  const moves = new Map<string, number>();
  for (const { memberId, assignment } of members) {
    for (const { topic, partition } of assignment) {
      const movedMs = state.movedMs(group, topic, partition) ?? 0;
      moves.set(memberId, Math.max(moves.get(memberId) ?? 0, movedMs));
    }
  }
  return moves;
}

/** Members that a rebalance waits for, as people know them: by client id and host. */
function waitedFor({ insight }: ConsoleState, description: AnyGroupDescription): readonly string[] {
  const byId = new Map(description.members.map((member) => [member.memberId, member]));
  const nameOf = (memberId: string): string => {
    const member = byId.get(memberId);
    return member === undefined ? memberId : `${member.clientId} (${member.host})`;
  };
  if (description.type === "Consumer") {
    // A member that has what it is to have does not hold anybody up.
    return description.members
      .filter(({ assignment, targetAssignment }) => !samePlaces(assignment, targetAssignment))
      .map(({ memberId }) => nameOf(memberId));
  }
  return (insight?.waitedFor(description.group) ?? []).map(nameOf);
}

function samePlaces(a: readonly Place[], b: readonly Place[]): boolean {
  const there = new Set(a.map(keyOf));
  return a.length === b.length && b.every((place) => there.has(keyOf(place)));
}

/** Tells whose transaction holds a partition back, and since when it writes nothing. */
async function withProducers(
  { kafka }: ConsoleState,
  rows: readonly GroupPartition[],
): Promise<readonly GroupPartition[]> {
  const wanted = rows
    .filter(({ verdict }) => verdict.kind === "open-transaction")
    .slice(0, RECORDS_MAX);
  if (wanted.length === 0) return rows;
  const bounds = { timeoutMs: CALL_MAX_MS };
  // Not every broker tells (KIP-664); the verdict holds without it.
  const found = await kafka.admin.describeProducers(wanted, bounds).catch(() => []);
  const nowMs = kafka.cluster.platform.clock.nowMs();
  return rows.map((row) => {
    if (row.verdict.kind !== "open-transaction") return row;
    const producers = found.find((one) => keyOf(one) === keyOf(row))?.value ?? [];
    const open = producers
      .filter(({ currentTransactionStartOffset }) => currentTransactionStartOffset !== null)
      .sort((a, b) => a.lastTimestamp - b.lastTimestamp)[0];
    if (open === undefined) return row;
    const seconds = Math.max(0, Math.round((nowMs - open.lastTimestamp) / 1000));
    const whose = ` It is of producer ${open.producerId}, which wrote last ${seconds} s ago.`;
    return { ...row, verdict: { ...row.verdict, text: row.verdict.text + whose } };
  });
}

/** Shows the record at which somebody stays. */
async function withRecords(
  { reader }: ConsoleState,
  rows: readonly GroupPartition[],
): Promise<readonly GroupPartition[]> {
  const wanted = rows.filter(({ verdict }) => verdict.kind === "same-offset").slice(0, RECORDS_MAX);
  if (wanted.length === 0) return rows;
  const records = await Promise.all(
    wanted.map(({ topic, partition, verdict: { offset = 0 } }) =>
      reader.record(topic, partition, offset),
    ),
  );
  const found = new Map(wanted.map((row, index) => [row, records[index]]));
  return rows.map((row) => {
    const record = found.get(row);
    return record === undefined
      ? row
      : { ...row, verdict: { ...row.verdict, record: rowOf(record) } };
  });
}

import type { AnyGroupDescription } from "../client/admin/describe-groups.ts";
import type { GroupDetail, GroupPartition, MemberRow } from "./api.ts";
import type { ConsoleState } from "./console-state.ts";
import type { FetchPlace } from "./insight.ts";
import { rowOf } from "./message-reader.ts";
import { verdictOf } from "./verdict.ts";

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
  const partitionRows = sorted.map((place) =>
    partitionOf(state, name, description.state, {
      place,
      committed: committed.get(keyOf(place)),
      reader: readers.get(keyOf(place)),
      ends: ends.get(keyOf(place)) ?? { start: 0, end: 0, stable: 0 },
    }),
  );
  const row = state.view.groupRow(name);
  return {
    name,
    type: row?.type ?? "unknown",
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
    partitionRows: await withRecords(state, partitionRows),
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
  }: {
    readonly place: Place;
    readonly committed: number | undefined;
    readonly reader: MemberRow | undefined;
    readonly ends: Ends;
  },
): GroupPartition {
  const { topic, partition } = place;
  const { observed, sinceMs } = state;
  const commit = observed?.commits.get(`${group}\0${topic}\0${partition}`);
  const fetch = reader === undefined ? undefined : fetchOf(state, reader, place);
  const nowMs = state.kafka.cluster.platform.clock.nowMs();
  const verdict = verdictOf({
    nowMs,
    groupState,
    waitingFor: [],
    hasMember: reader !== undefined,
    committed,
    startOffset: ends.start,
    endOffset: ends.end,
    lastStableOffset: ends.stable,
    fetch: observed === undefined ? undefined : fetch,
    movedMs: state.movedMs(group, topic, partition) ?? sinceMs,
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
    ...(fetch === undefined || fetch === null
      ? {}
      : { fetchOffset: fetch.offset, lastFetchMs: fetch.lastMs }),
    ...(commit === undefined ? {} : { lastCommitMs: commit.lastMs }),
    verdict,
  };
}

/** Where the member fetched last in the partition; null when it was not seen to. */
function fetchOf(
  { observed }: ConsoleState,
  { clientId, host }: MemberRow,
  { topic, partition }: Place,
): FetchPlace | null {
  return observed?.fetchPlaces.get(`${clientId}\0${host}\0${topic}\0${partition}`) ?? null;
}

/** Shows the record at which somebody stays. */
async function withRecords(
  { reader }: ConsoleState,
  rows: readonly GroupPartition[],
): Promise<readonly GroupPartition[]> {
  const wanted = rows.filter(({ verdict }) => verdict.kind === "same-offset").slice(0, RECORDS_MAX);
  if (wanted.length === 0) return rows;
  const records = await Promise.all(
    wanted.map(({ topic, partition, fetchOffset = 0 }) =>
      reader.record(topic, partition, fetchOffset),
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

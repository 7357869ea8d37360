import { topicPartitionName, type TopicPartition } from "../../../core/topic-partition.ts";
import { compareText, type AssignorMember, type TopicLayouts } from "./assignor.ts";

interface Place extends TopicPartition {
  readonly racks: readonly string[];
}

interface Seat {
  readonly member: AssignorMember;
  readonly wants: ReadonlySet<string>;
  readonly places: Place[];
  /** Those of `places` that the member had before. */
  readonly kept: Set<Place>;
}

/**
 * Deals partitions out so that members differ as little as their subscriptions allow, and keep as much of
 * what they had as that allows. Members that say in which rack they are get what is near, where the
 * choice is free (KIP-881).
 */
export function planSticky(
  members: readonly AssignorMember[],
  had: ReadonlyMap<string, readonly TopicPartition[]>,
  topics: TopicLayouts,
): Map<string, TopicPartition[]> {
  const places = placesOf(members, topics);
  const seats = [...members]
    .sort((a, b) => compareText(a.memberId, b.memberId))
    .map((member): Seat => ({
      member,
      wants: new Set(member.topics),
      places: [],
      kept: new Set(),
    }));
  const free = new Set(places.values());
  for (const seat of seats) {
    for (const { topic, partition } of had.get(seat.member.memberId) ?? []) {
      const place = places.get(topicPartitionName(topic, partition));
      if (place === undefined || !free.delete(place)) continue;
      seat.places.push(place);
      seat.kept.add(place);
    }
  }
  if (seats.every((seat) => wantsAlike(seat, seats[0], topics))) dealEvenly(seats, free);
  else {
    const wanting = wantingOf(seats);
    dealToLeast(free, wanting);
    balance(seats, wanting);
  }
  return new Map(
    seats.map(({ member, places: own }) => [
      member.memberId,
      own.map(({ topic, partition }) => ({ topic, partition })),
    ]),
  );
}

/** All partitions that somebody wants, in order, by name. */
function placesOf(members: readonly AssignorMember[], topics: TopicLayouts): Map<string, Place> {
  const wanted = new Set(members.flatMap((member) => member.topics));
  const places = new Map<string, Place>();
  for (const topic of [...topics.keys()].sort(compareText)) {
    if (!wanted.has(topic)) continue;
    for (const { partition, racks } of topics.get(topic) ?? []) {
      places.set(topicPartitionName(topic, partition), { topic, partition, racks });
    }
  }
  return places;
}

function wantsAlike(seat: Seat, other: Seat | undefined, topics: TopicLayouts): boolean {
  return [...topics.keys()].every((topic) => seat.wants.has(topic) === other?.wants.has(topic));
}

function isNear({ member }: Seat, { racks }: Place): boolean {
  return member.rack === null || racks.includes(member.rack);
}

/** Everybody wants the same: everybody gets the same number, some one more. */
function dealEvenly(seats: readonly Seat[], free: Set<Place>): void {
  if (seats.length === 0) return;
  let total = free.size;
  for (const seat of seats) total += seat.places.length;
  const quota = Math.floor(total / seats.length);
  let extras = total % seats.length;
  const room = new Map<Seat, number>();
  for (const seat of seats) {
    const mayHaveExtra = seat.places.length > quota && extras > 0;
    if (mayHaveExtra) extras--;
    const share = quota + (mayHaveExtra ? 1 : 0);
    dropBeyond(seat, share, free);
    room.set(seat, share - seat.places.length);
  }
  // One more for some of those that had no more than the others.
  for (const seat of seats) {
    if (extras === 0) break;
    if (seat.places.length > quota) continue;
    room.set(seat, (room.get(seat) ?? 0) + 1);
    extras--;
  }
  fill(seats, room, free, isNear);
  fill(seats, room, free, () => true);
}

/** Leaves a member so many of its partitions, those that are near first. */
function dropBeyond(seat: Seat, share: number, free: Set<Place>): void {
  if (seat.places.length <= share) return;
  const sorted = [
    ...seat.places.filter((place) => isNear(seat, place)),
    ...seat.places.filter((place) => !isNear(seat, place)),
  ];
  seat.places.length = 0;
  for (const [index, place] of sorted.entries()) {
    if (index < share) seat.places.push(place);
    else {
      seat.kept.delete(place);
      free.add(place);
    }
  }
}

/** Partitions in order go around the members that have room, so that topics are spread. */
function fill(
  seats: readonly Seat[],
  room: Map<Seat, number>,
  free: Set<Place>,
  mayHave: (seat: Seat, place: Place) => boolean,
): void {
  let open = seats.filter((seat) => (room.get(seat) ?? 0) > 0);
  let turn = 0;
  const sorted = [...free].sort(comparePlaces);
  for (const place of sorted) {
    if (open.length === 0) return;
    const at = firstFrom(open, turn, (seat) => mayHave(seat, place));
    if (at === undefined) continue;
    const seat = open[at]!;
    seat.places.push(place);
    free.delete(place);
    const left = (room.get(seat) ?? 0) - 1;
    room.set(seat, left);
    turn = at + 1;
    if (left > 0) continue;
    open = open.filter((other) => other !== seat);
    turn = at;
  }
}

function firstFrom(
  seats: readonly Seat[],
  from: number,
  isFit: (seat: Seat) => boolean,
): number | undefined {
  for (let step = 0; step < seats.length; step++) {
    const at = (from + step) % seats.length;
    if (isFit(seats[at]!)) return at;
  }
  return undefined;
}

function comparePlaces(a: Place, b: Place): number {
  return compareText(a.topic, b.topic) || a.partition - b.partition;
}

/** The members that want a topic. */
type Wanting = (topic: string) => readonly Seat[];

function wantingOf(seats: readonly Seat[]): Wanting {
  const byTopic = new Map<string, readonly Seat[]>();
  return (topic) => {
    const known = byTopic.get(topic) ?? seats.filter((seat) => seat.wants.has(topic));
    byTopic.set(topic, known);
    return known;
  };
}

/** Gives what is free to the member with least of those that want it; what few want goes first. */
function dealToLeast(free: ReadonlySet<Place>, wanting: Wanting): void {
  const sorted = [...free].sort(
    (a, b) => wanting(a.topic).length - wanting(b.topic).length || comparePlaces(a, b),
  );
  for (const place of sorted) leastOf(wanting(place.topic), place)?.places.push(place);
}

/** The member with fewest partitions; of several one that is near. */
function leastOf(seats: readonly Seat[], place: Place): Seat | undefined {
  let least: Seat | undefined;
  for (const seat of seats) {
    const more = seat.places.length - (least?.places.length ?? Infinity);
    if (least === undefined || more < 0) least = seat;
    else if (more === 0 && isNear(seat, place) && !isNear(least, place)) least = seat;
  }
  return least;
}

/**
 * Moves partitions to members that have at least two fewer, until there is none that could go. Each move
 * makes the sum of squares of what members have smaller, so it comes to an end.
 */
function balance(seats: readonly Seat[], wanting: Wanting): void {
  for (let hasMoved = true; hasMoved;) {
    hasMoved = false;
    const byCount = [...seats].sort((a, b) => b.places.length - a.places.length);
    const fewest = byCount.at(-1)?.places.length ?? 0;
    for (const seat of byCount) {
      if (seat.places.length < fewest + 2) continue;
      // What came just now goes first, then what the member had before.
      const candidates = [
        ...seat.places.filter((place) => !seat.kept.has(place)),
        ...seat.places.filter((place) => seat.kept.has(place)),
      ];
      for (const place of candidates) {
        const to = leastOf(wanting(place.topic), place);
        if (to === undefined || to.places.length + 2 > seat.places.length) continue;
        seat.places.splice(seat.places.indexOf(place), 1);
        seat.kept.delete(place);
        to.places.push(place);
        hasMoved = true;
      }
    }
  }
}

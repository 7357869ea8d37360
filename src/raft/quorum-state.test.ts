import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ZERO_UUID } from "../core/uuid.ts";
import { decodeQuorumState, encodeQuorumState, type ElectionState } from "./quorum-state.ts";

const id = fc.option(fc.nat(0x7fffffff), { nil: undefined });

test("an election is read as it was written, in both versions", () => {
  const directoryId = "q2fmqyrqXhVZzTXQHipTGQ";
  fc.assert(
    fc.property(
      fc.nat(0x7fffffff),
      id,
      id,
      fc.constantFrom(0, 1),
      (epoch, leaderId, vote, kraft) => {
        const voted =
          vote === undefined
            ? undefined
            : { id: vote, directoryId: kraft === 0 ? ZERO_UUID : directoryId };
        const state: ElectionState = { epoch, leaderId, voted };
        assert.deepEqual(decodeQuorumState(encodeQuorumState(state, kraft, [1, 2]), "f"), state);
      },
    ),
  );
});

test("the bytes are those of Apache Kafka", () => {
  const state = { epoch: 2, leaderId: 1, voted: undefined };
  assert.equal(
    encodeQuorumState(state, 0, [1]).toString(),
    '{"clusterId":"","leaderId":1,"leaderEpoch":2,"votedId":-1,"appliedOffset":0,' +
      '"currentVoters":[{"voterId":1}],"data_version":0}',
  );
  assert.equal(
    encodeQuorumState(state, 1, []).toString(),
    '{"leaderId":1,"leaderEpoch":2,"votedId":-1,"votedDirectoryId":"AAAAAAAAAAAAAAAAAAAAAA",' +
      '"data_version":1}',
  );
});

test("what is no election is refused: a forgotten vote elects two leaders", () => {
  const good = encodeQuorumState({ epoch: 2, leaderId: 1, voted: undefined }, 0, [1]).toString();
  for (const bad of [
    "",
    "{",
    "null",
    "[]",
    good.replace('"data_version":0', '"data_version":2'),
    good.replace('"leaderEpoch":2', '"leaderEpoch":-2'),
    good.replace('"leaderEpoch":2', '"leaderEpoch":"2"'),
    good.replace('"leaderEpoch":2,', ""),
    good.replace('"votedId":-1', '"votedId":99999999999'),
  ]) {
    assert.throws(() => decodeQuorumState(Buffer.from(bad), "quorum-state"), {
      code: "QUORUM_STATE_DAMAGED",
    });
  }
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { routes } from "../broker/handlers.ts";
import { apis, ApiKey } from "../protocol/apis.ts";
import { codecOf } from "../protocol/codec.ts";
import { ErrorCode } from "../protocol/error-code.ts";
import { decodeResponse, encodeResponse } from "../protocol/framing.ts";
import { fetchRequest } from "../protocol/messages/fetch.ts";
import { Reader } from "../protocol/reader.ts";
import { Writer } from "../protocol/writer.ts";
import { errorAnswerTo, hasErrorAnswer } from "./error-answers.ts";

/** APIs whose answers have no error for a request as a whole, and whose parts nobody refuses in tests yet. */
const withoutError = ["DescribeProducers", "DescribeTopicPartitions"];

test("every API that is served can be answered with an error, in every version", () => {
  const missing = routes.filter((route) => !hasErrorAnswer(route)).map(({ key }) => key);
  const names = missing.map((key) => apis.find((api) => api.key === key)?.name ?? "");
  assert.deepEqual(names.sort(), withoutError);
  for (const route of routes) {
    if (missing.includes(route.key) || route.key === ApiKey.METADATA) continue;
    for (let version = route.lowestVersion; version <= route.maxVersion; version++) {
      const writer = new Writer();
      codecOf(route.request, version).encode(writer, {});
      const request = codecOf(route.request, version).decode(
        new Reader(Buffer.concat(writer.chunks())),
      );
      const { answer, saysIt } = errorAnswerTo(route, request, {
        errorCode: ErrorCode.NOT_COORDINATOR,
        version,
      });
      assert.equal(saysIt, true);
      if (answer === "close") continue;
      const chunks = encodeResponse(route.response, version, 7, answer);
      decodeResponse(route.response, version, Buffer.concat(chunks).subarray(4));
    }
  }
});

test("a fetch within a session is first made to name its partitions", () => {
  const route = routes.find(({ key }) => key === ApiKey.FETCH)!;
  const writer = new Writer();
  codecOf(fetchRequest, 12).encode(writer, { sessionId: 5, sessionEpoch: 3 });
  const request = codecOf(fetchRequest, 12).decode(new Reader(Buffer.concat(writer.chunks())));
  const answered = (errorCode: ErrorCode) =>
    errorAnswerTo(route, request, { errorCode, version: 12 });
  assert.deepEqual(answered(ErrorCode.NOT_LEADER_OR_FOLLOWER), {
    answer: { errorCode: ErrorCode.FETCH_SESSION_ID_NOT_FOUND },
    saysIt: false,
  });
  assert.deepEqual(answered(ErrorCode.INVALID_FETCH_SESSION_EPOCH), {
    answer: { errorCode: ErrorCode.INVALID_FETCH_SESSION_EPOCH },
    saysIt: true,
  });
});

test("APIs go by Kafka's names, which their keys spell", () => {
  const names = Object.entries(ApiKey).map(([key, value]) => {
    const words = key.split("_").map((word) => word[0]! + word.slice(1).toLowerCase());
    return [value, words.join("")];
  });
  assert.deepEqual(
    names,
    apis.map(({ key, name }) => [key, name]),
  );
});

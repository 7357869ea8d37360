import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { ApiKey, apiOf, apis, requestHeaderVersion, responseHeaderVersion } from "./apis.ts";
import { apiMessages } from "./all-messages.ts";
import { ErrorCode, errorCodeOf, errorName, isRetriable, isStaleMetadata } from "./error-code.ts";
import {
  SIZE_BYTES,
  decodeRequestBody,
  decodeRequestHead,
  decodeResponse,
  encodeRequest,
  encodeResponse,
} from "./framing.ts";
import { inRange, parseVersions } from "./layout.ts";
import { apiVersionsRequest, apiVersionsResponse } from "./messages/api-versions.ts";
import { fetchResponse } from "./messages/fetch.ts";
import { metadataRequest } from "./messages/metadata.ts";
import { ProtocolError } from "./protocol-error.ts";
import { Reader } from "./reader.ts";

test("keys of APIs have no gaps, and table and schemas agree", () => {
  equal(apis.length, apiMessages.length);
  for (const [key, api] of apis.entries()) {
    const { request, response } = apiMessages[key]!;
    equal(api.key, key);
    equal(request.name, `${api.name}Request`);
    equal(response.name, `${api.name}Response`);
    for (const { traits } of [request, response]) {
      equal(traits.apiKey, key);
      const { min, max } = parseVersions(traits.versions);
      if (api.minVersion === -1) ok(min > max);
      else deepEqual([min, max], [api.minVersion, api.maxVersion]);
      for (let version = min; version <= max; version++) {
        const flexible = api.flexibleFrom !== -1 && version >= api.flexibleFrom;
        equal(inRange(traits.flexibleVersions, version), flexible, `${api.name} ${version}`);
      }
    }
  }
});

test("a request frame reads back", () => {
  const options = { correlationId: 77, clientId: "app" };
  for (const version of [1, 9, 12]) {
    const value = { topics: [{ name: "orders" }] };
    const frame = Buffer.concat(encodeRequest(metadataRequest, version, options, value));
    equal(frame.readInt32BE(0), frame.length - SIZE_BYTES);
    const reader = new Reader(frame, SIZE_BYTES);
    const head = decodeRequestHead(reader);
    deepEqual(
      [head.api.name, head.apiVersion, head.correlationId, head.clientId, head.supported],
      ["Metadata", version, 77, "app", true],
    );
    const body = decodeRequestBody(metadataRequest, version, reader);
    equal(body.topics?.[0]?.name, "orders");
    equal(reader.remaining, 0);
  }
});

test("a version that is not known still tells who asks", () => {
  const reader = new Reader(Buffer.from("00120063000000050001780000", "hex"));
  const head = decodeRequestHead(reader);
  deepEqual(
    [head.api.key, head.apiVersion, head.correlationId, head.supported],
    [ApiKey.API_VERSIONS, 99, 5, false],
  );
});

test("a key that no API has, and a header that is cut short, are refused", () => {
  for (const hex of ["01f40000000000050001", "0003", "00030009000000050005"]) {
    throws(() => decodeRequestHead(new Reader(Buffer.from(hex, "hex"))), ProtocolError, hex);
  }
});

test("a response is size, header and body, and its record batches are not copied", () => {
  const records = Buffer.alloc(4096, 1);
  const responses = [{ topic: "t", partitions: [{ partitionIndex: 0, records: [records] }] }];
  const chunks = encodeResponse(fetchResponse, 12, 9, { responses });
  ok(chunks.includes(records));
  const frame = Buffer.concat(chunks);
  equal(frame.readInt32BE(0), frame.length - SIZE_BYTES);
  const { correlationId, body } = decodeResponse(fetchResponse, 12, frame.subarray(SIZE_BYTES));
  equal(correlationId, 9);
  deepEqual(body.responses[0]?.partitions[0]?.records, records);
});

test("ApiVersions answers with the oldest header in every version (KIP-511)", () => {
  const apiVersions = apiOf(ApiKey.API_VERSIONS)!;
  const metadata = apiOf(ApiKey.METADATA)!;
  deepEqual(
    [2, 3].map((version) => responseHeaderVersion(apiVersions, version)),
    [0, 0],
  );
  deepEqual(
    [2, 3].map((version) => requestHeaderVersion(apiVersions, version)),
    [1, 2],
  );
  deepEqual(
    [8, 9].map((version) => responseHeaderVersion(metadata, version)),
    [0, 1],
  );
  const chunks = encodeResponse(apiVersionsResponse, 3, 1, { errorCode: 0, apiKeys: [] });
  equal(
    Buffer.concat(chunks).toString("hex"),
    "0000000c" + "00000001" + "0000" + "01" + "00000000" + "00",
  );
  equal(apiVersionsRequest.traits.apiKey, ApiKey.API_VERSIONS);
});

test("error codes have names, and what follows from them", () => {
  equal(errorName(ErrorCode.NOT_LEADER_OR_FOLLOWER), "NOT_LEADER_OR_FOLLOWER");
  equal(errorName(-1), "UNKNOWN_SERVER_ERROR");
  equal(errorName(4242), "UNKNOWN(4242)");
  equal(errorCodeOf(4242), ErrorCode.UNKNOWN_SERVER_ERROR);
  deepEqual([3, 6, 7, 36].map(isRetriable), [true, true, true, false]);
  deepEqual([3, 6, 7, 36].map(isStaleMetadata), [true, true, false, false]);
});

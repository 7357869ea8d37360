import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiKey } from "../../protocol/apis.ts";
import { heartbeatRequest, heartbeatResponse } from "../../protocol/messages/heartbeat.ts";
import { Reader } from "../../protocol/reader.ts";
import { clientError } from "../errors.ts";
import { apiCall } from "./api-call.ts";
import { TypedExchange } from "./exchange.ts";

const call = apiCall(ApiKey.HEARTBEAT, heartbeatRequest, heartbeatResponse);
const times = { startedMs: 0, deadlineMs: 1_000 };

test("an exchange that is settled holds neither its answer nor who waited for it", async () => {
  const answered = new TypedExchange(call, 0, 1, times, undefined);
  const answer = answered.promise;
  answered.answer(new Reader(Buffer.from([0, 0, 0, 1, 0, 0])));
  assert.equal((await answer).errorCode, 0);
  assert.throws(() => answered.promise, /before it settles/);

  const failed = new TypedExchange(call, 0, 2, times, undefined);
  const failure = failed.promise;
  failed.fail(clientError("CLOSED", "closed"));
  await assert.rejects(failure, { code: "CLOSED" });
  assert.throws(() => failed.promise, /before it settles/);
});

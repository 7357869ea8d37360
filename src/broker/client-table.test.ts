import assert from "node:assert/strict";
import { test } from "node:test";
import { ClientTable } from "./client-table.ts";

test("things are found by key, client id and host, however many there are and in whatever order", () => {
  const table = new ClientTable<string, { clientId: string; host: string; n: number }>();
  for (let n = 0; n < 100; n++) {
    table.add(`topic-${n % 3}`, { clientId: `client-${n % 50}`, host: `host-${n % 4}`, n });
  }
  assert.equal(table.size, 100);
  for (let round = 0; round < 3; round++) {
    for (let n = 99; n >= 0; n--) {
      const found = table.find(`topic-${n % 3}`, `client-${n % 50}`, `host-${n % 4}`);
      assert.equal(found?.n, n);
    }
  }
  assert.equal(table.find("topic-0", "client-1", "elsewhere"), undefined);
  assert.equal(table.find("nowhere", "client-1", "host-1"), undefined);
  assert.equal(new Set(Array.from(table.values(), ({ n }) => n)).size, 100);
});

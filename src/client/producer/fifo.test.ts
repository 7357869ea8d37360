import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Fifo } from "./fifo.ts";

test("what goes in first comes out first", () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat()), { maxLength: 200 }), (steps) => {
      const fifo = new Fifo<number>();
      const model: number[] = [];
      for (const step of steps) {
        if (step === null) {
          assert.equal(fifo.first, model[0]);
          if (model.length > 0) assert.equal(fifo.shift(), model.shift());
        } else {
          fifo.push(step);
          model.push(step);
        }
        assert.equal(fifo.length, model.length);
      }
    }),
  );
});

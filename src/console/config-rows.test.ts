import assert from "node:assert/strict";
import { test } from "node:test";
import { plainText } from "./config-rows.ts";

test("documentation that was written for a web page becomes text, and what looks like a tag but is none stays", () => {
  assert.equal(
    plainText(
      'The <code>compact</code> policy: see <a href="https://x">log\ncompaction</a>.<p>Next',
    ),
    "The compact policy: see log compaction. Next",
  );
  assert.equal(plainText("<ul><li>one</li><li>two</li></ul>"), "one two");
  assert.equal(plainText("a &lt;b&gt; &amp;lt; c"), "a <b> &lt; c");
  assert.equal(plainText("host:<port> and 1 < 2"), "host:<port> and 1 < 2");
  assert.equal(plainText(""), "");
});

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { go } from "../state/router.ts";
import { Dialog } from "./dialog.tsx";
import { toggleTheme } from "./theme.ts";

const places: Readonly<Record<string, string>> = {
  o: "#/",
  f: "#/flow",
  t: "#/topics",
  g: "#/groups",
  b: "#/brokers",
};
/** After `g` the next key has to come within this time. */
const SECOND_KEY_MS = 1200;

/** Whether keys go into a field, where they mean what they say. */
export function isTyping(event: KeyboardEvent): boolean {
  const { target } = event;
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName))
  );
}

/** What the keyboard does everywhere; `?` tells. */
export function Keys(): JSX.Element | null {
  const [isShown, show] = useState(false);
  useEffect(() => {
    let goPressedMs = -Infinity;
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
      if (document.querySelector("dialog[open]") !== null) return;
      const link = places[event.key];
      if (event.timeStamp - goPressedMs < SECOND_KEY_MS && link !== undefined) {
        goPressedMs = -Infinity;
        go(link);
        return;
      }
      if (event.key === "g") goPressedMs = event.timeStamp;
      else if (event.key === "?") show(true);
      else if (event.key === "d") toggleTheme();
      else if (event.key === "/") {
        const search = document.querySelector<HTMLInputElement>("input[type=search]");
        if (search !== null) {
          event.preventDefault();
          search.focus();
        }
      }
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  if (!isShown) return null;
  return (
    <Dialog title="Keys" onClose={() => show(false)}>
      <table>
        <tbody>
          {[
            ["g o", "Overview"],
            ["g f", "Flow"],
            ["g t", "Topics"],
            ["g g", "Groups"],
            ["g b", "Brokers"],
            ["/", "Search on this screen"],
            ["j, k", "Next and previous message"],
            ["Enter", "Open the message"],
            ["d", "Light or dark"],
            ["Esc", "Close what is open"],
          ].map(([keys, does]) => (
            <tr key={keys}>
              <td class="mono">{keys}</td>
              <td>{does}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Dialog>
  );
}

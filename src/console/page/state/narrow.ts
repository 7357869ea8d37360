import { signal } from "@preact/signals";

/** As in the style sheet. */
const query = matchMedia("(max-width: 800px)");

/** Whether the window is as narrow as a phone's. */
export const isNarrow = signal(query.matches);
query.addEventListener("change", () => {
  isNarrow.value = query.matches;
});

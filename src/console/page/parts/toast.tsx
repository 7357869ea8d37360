import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { problemOf } from "../state/api.ts";

interface Toast {
  readonly id: number;
  readonly text: string;
  readonly detail?: string | undefined;
  readonly isBad: boolean;
}

const SHOWN_MS = 5000;
const PROBLEM_SHOWN_MS = 10_000;
const toasts = signal<readonly Toast[]>([]);
let nextId = 1;

/** Says for a moment what happened. */
export function say(text: string, detail?: string, isBad = false): void {
  const id = nextId++;
  toasts.value = [...toasts.value, { id, text, detail, isBad }];
  setTimeout(
    () => {
      toasts.value = toasts.value.filter((toast) => toast.id !== id);
    },
    isBad ? PROBLEM_SHOWN_MS : SHOWN_MS,
  );
}

/** Says what went wrong, and what to do about it. */
export function sayProblem(thrown: unknown): void {
  const { message, remedy } = problemOf(thrown);
  say(message, remedy, true);
}

/** How many dialogs are open, one over the other. */
export const openDialogs = signal(0);

/**
 * What is said. An open dialog covers the page, and only what is in it can be used and is read out: each has a
 * place of its own for it, and the topmost one is taken.
 */
export function Toasts({ level = 0 }: { level?: number }): JSX.Element | null {
  if (level !== openDialogs.value) return null;
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map((toast) => (
        <div key={toast.id} class={toast.isBad ? "toast bad" : "toast"}>
          <strong>{toast.text}</strong>
          {toast.detail === undefined ? null : <span class="small">{toast.detail}</span>}
        </div>
      ))}
    </div>
  );
}

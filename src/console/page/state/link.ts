import { signal } from "@preact/signals";

/** `live` while figures come; `waiting` when the server or the cluster does not answer. */
export const link = signal<"connecting" | "live" | "waiting">("connecting");
/** Why nothing comes, where the server knows. */
export const trouble = signal<string | undefined>(undefined);
/** Goes up when figures come again after they did not: what was asked for meanwhile may be asked for anew. */
export const comebacks = signal(0);

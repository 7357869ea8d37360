import { signal, type Signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { Problem } from "../../api.ts";
import { comebacks } from "./link.ts";

/** What the server said no to. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly problem: Problem;
  readonly status: number;

  constructor(problem: Problem, status: number) {
    super(problem.message);
    this.problem = problem;
    this.status = status;
  }
}

/** Asks the server; `body` is sent as JSON. Throws {@link ApiError}. */
export async function call<T>(
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      ...(body === undefined
        ? {}
        : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (thrown) {
    if (thrown instanceof DOMException && thrown.name === "AbortError") throw thrown;
    throw new ApiError(
      {
        code: "UNREACHABLE",
        message: "The console's server does not answer.",
        remedy: "It goes with the broker: is that still running?",
      },
      0,
    );
  }
  const text = await response.text();
  const value: unknown = text === "" ? undefined : JSON.parse(text);
  if (!response.ok) throw new ApiError(value as Problem, response.status);
  return value as T;
}

export function problemOf(thrown: unknown): Problem {
  if (thrown instanceof ApiError) return thrown.problem;
  return { code: "UNEXPECTED", message: thrown instanceof Error ? thrown.message : String(thrown) };
}

/** What was asked for: still under way, there, or refused. */
export interface Loaded<T> {
  /** What it is the answer to. */
  readonly path: string | undefined;
  readonly value: T | undefined;
  readonly problem: Problem | undefined;
  readonly isLoading: boolean;
}

/**
 * Asks once for a path, and again when it changes or `reload` is called. What was there before stays until
 * the new answer has come.
 */
export function useGet<T>(path: string | undefined): {
  readonly state: Signal<Loaded<T>>;
  readonly reload: () => void;
} {
  const held = useMemo(() => {
    const state = signal<Loaded<T>>({
      path,
      value: undefined,
      problem: undefined,
      isLoading: true,
    });
    return { state, load: signal(0) };
  }, []);
  const attempt = held.load.value + comebacks.value;
  useEffect(() => {
    if (path === undefined) return undefined;
    const abort = new AbortController();
    held.state.value = { ...held.state.peek(), isLoading: true };
    call<T>("GET", path, undefined, abort.signal).then(
      (value) => {
        held.state.value = { path, value, problem: undefined, isLoading: false };
      },
      (thrown: unknown) => {
        if (abort.signal.aborted) return;
        // What was there stays while the broker is away; what is gone does not.
        const before = held.state.peek();
        const isGone = thrown instanceof ApiError && thrown.status === 404;
        const value = before.path === path && !isGone ? before.value : undefined;
        held.state.value = { path, value, problem: problemOf(thrown), isLoading: false };
      },
    );
    return () => abort.abort();
  }, [path, attempt]);
  return {
    state: held.state,
    reload: () => {
      held.load.value++;
    },
  };
}

/** A path of the API; words are escaped. */
export function apiPath(
  words: readonly (string | number)[],
  query: Readonly<Record<string, string | number | undefined>> = {},
): string {
  const path = words.map((word) => encodeURIComponent(String(word))).join("/");
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== "") search.set(name, String(value));
  }
  const text = search.toString();
  return `api/${path}${text === "" ? "" : `?${text}`}`;
}

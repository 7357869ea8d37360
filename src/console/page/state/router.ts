import { computed, signal } from "@preact/signals";

/** Where in the page somebody is: everything that a link can carry. */
export interface Place {
  /** Decoded words of the path: `["topics", "orders", "messages"]`. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
}

function read(): Place {
  const hash = location.hash.replace(/^#\/?/, "");
  const mark = hash.includes("?") ? hash.indexOf("?") : hash.length;
  const [path, query] = [hash.slice(0, mark), hash.slice(mark + 1)];
  return {
    path: path
      .split("/")
      .filter((word) => word !== "")
      .map(decoded),
    query: new URLSearchParams(query),
  };
}

/** A link that was cut or typed by hand is taken as it stands. */
function decoded(word: string): string {
  try {
    return decodeURIComponent(word);
  } catch {
    return word;
  }
}

const current = signal<Place>(read());
addEventListener("hashchange", () => {
  current.value = read();
});

/** Where somebody is now. */
export const place = computed(() => current.value);

/** The link to a place; words that are empty are left out. */
export function linkTo(
  path: readonly string[],
  query: Readonly<Record<string, string | number | undefined>> = {},
): string {
  const words = path.map((word) => encodeURIComponent(word)).join("/");
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== "") search.set(name, String(value));
  }
  const text = search.toString();
  return `#/${words}${text === "" ? "" : `?${text}`}`;
}

/** Goes there; with `replace` the place before is not kept in the history. */
export function go(link: string, replace = false): void {
  if (replace) {
    history.replaceState(null, "", link);
    current.value = read();
  } else {
    location.hash = link;
  }
}

/** Changes parts of the query of the place somebody is at. */
export function setQuery(
  changes: Readonly<Record<string, string | number | undefined>>,
  replace = true,
): void {
  const { path, query } = current.value;
  const merged: Record<string, string | number | undefined> = Object.fromEntries(query);
  go(linkTo(path, { ...merged, ...changes }), replace);
}

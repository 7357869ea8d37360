import type { JSX } from "preact";

/** Names that are longer are cut in their middle where there is no room: their ends tell them apart. */
const WHOLE_MAX = 24;
const END_LENGTH = 12;

/** A link by the name of a topic or a group, in one line. */
export function NameLink({ href, name }: { href: string; name: string }): JSX.Element {
  if (name.length <= WHOLE_MAX) {
    return (
      <a class="cell-name" href={href} title={name}>
        {name}
      </a>
    );
  }
  return (
    <a class="cell-name name-cut" href={href} title={name} aria-label={name}>
      <span>{name.slice(0, -END_LENGTH)}</span>
      <span>{name.slice(-END_LENGTH)}</span>
    </a>
  );
}
